// A stop-gap until the sandbox speaks TLS: the SDK has the vendor's host in its code, so whatever it asks of
// https://apitest.vipps.no is asked of SANDBOX_URL. Method, headers and body stay as the SDK made them. Load it with
// `node --import`; the package itself is not touched.

const TEST_ENVIRONMENT = "https://apitest.vipps.no";
const sandbox = process.env.SANDBOX_URL;
if (!sandbox) {
    throw new Error("SANDBOX_URL is not set: give it the address of a running sandbox, such as http://127.0.0.1:8477");
}

const fetchFromNetwork = globalThis.fetch;

globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.origin !== TEST_ENVIRONMENT) {
        if (url.hostname.endsWith("vipps.no")) throw new Error(`${url.origin} is not for tests`);
        return fetchFromNetwork(request);
    }
    return fetchFromNetwork(new URL(url.pathname + url.search, sandbox), {
        method: request.method,
        headers: request.headers,
        // Not the stream: it would go out in chunks, where the SDK sends a Content-Length.
        body: request.body === null ? null : await request.arrayBuffer(),
    });
};
