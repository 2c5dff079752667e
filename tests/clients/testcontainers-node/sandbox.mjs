import { GenericContainer, Wait } from "testcontainers";

export async function startSandbox(settings = {}, image = "epayment-sandbox") {
  const container = await new GenericContainer(image)
    .withExposedPorts(8477)
    .withEnvironment(settings)
    .withExtraHosts([{ host: "host.docker.internal", ipAddress: "host-gateway" }])
    .withWaitStrategy(Wait.forHttp("/readyz", 8477))
    .start();
  return { container, url: `http://${container.getHost()}:${container.getMappedPort(8477)}` };
}
