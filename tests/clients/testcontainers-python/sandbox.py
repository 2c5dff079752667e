from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy


def sandbox(image="epayment-sandbox", **settings):
    return (
        DockerContainer(image)
        .with_exposed_ports(8477)
        .with_envs(**settings)
        .with_kwargs(extra_hosts={"host.docker.internal": "host-gateway"})
        .waiting_for(HttpWaitStrategy(8477, "/readyz"))
    )


def url(container):
    return f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8477)}"
