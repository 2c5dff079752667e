import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A merchant's code in Java, standard library alone, from token to verified webhooks. It has the vendor's host in its code. */
class Flow {
    static final String API = "https://apitest.vipps.no";
    static final String MSN = "440005";
    static final String SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";
    static final List<String> HAPPENED = List.of("CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED");

    final HttpClient client = HttpClient.newHttpClient();
    String token;
    int passed;
    int failed;

    void check(String what, Object expected, Object found) {
        if (Objects.equals(expected, found)) {
            passed++;
            System.out.println("ok    " + what);
        } else {
            failed++;
            System.out.println("FAIL  " + what + ": expected " + expected + ", found " + found);
        }
    }

    HttpResponse<String> call(String method, String path, String key, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(API + path))
                .timeout(Duration.ofSeconds(10))
                .header("Ocp-Apim-Subscription-Key", "0f14ebcab0eb4b29ae0cb90d91b4a84a")
                .header("Merchant-Serial-Number", MSN)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (token == null) {
            request.header("client_id", "fb492b5e-7907-4d83-ba20-c7fb60ca35de").header("client_secret", "Y8Kteew6GE3ZmeycEt6egg==");
        } else {
            request.header("Authorization", "Bearer " + token);
        }
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** Every match of a pattern's group. The standard library has no JSON. */
    static List<String> all(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
    }

    static String text(String member, String json) {
        return all("\"" + member + "\":\"([^\"]*)\"", json).stream().findFirst().orElse(null);
    }

    /** The status, and the ErrorCode of a refusal. */
    static String code(HttpResponse<String> answer) {
        var codes = all("\"name\":\"ErrorCode\",\"reason\":\"(\\d+)\"", answer.body());
        return codes.isEmpty() ? "" + answer.statusCode() : answer.statusCode() + " " + codes.get(0);
    }

    /** What was authorized, cancelled, captured and refunded. */
    static List<String> sums(HttpResponse<String> answer) {
        return all("\"(?:authorized|cancelled|captured|refunded)Amount\":\\{\"currency\":\"NOK\",\"value\":(\\d+)", answer.body());
    }

    static String nok(int value) {
        return "{\"currency\":\"NOK\",\"value\":" + value + "}";
    }

    static String modify(int value) {
        return "{\"modificationAmount\":" + nok(value) + "}";
    }

    record Delivery(String target, Map<String, List<String>> headers, byte[] body) {
        String header(String name) {
            return headers.getOrDefault(name, List.of("")).get(0);
        }

        Delivery dearer() {
            var other = new String(body, StandardCharsets.UTF_8).replace("00", "01");
            return new Delivery(target, headers, other.getBytes(StandardCharsets.UTF_8));
        }

        /** Whether it was signed with the secret, as the vendor documents it. */
        boolean isGenuine(String secret) throws GeneralSecurityException {
            var date = header("X-ms-date");
            var age = Duration.between(ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME), ZonedDateTime.now());
            var hash = base64(MessageDigest.getInstance("SHA-256").digest(body));
            var code = Mac.getInstance("HmacSHA256");
            code.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            var signed = "POST\n" + target + "\n" + date + ";" + header("Host") + ";" + hash;
            var signature = SCHEME + base64(code.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
            return age.abs().compareTo(Duration.ofMinutes(5)) <= 0
                    && hash.equals(header("X-ms-content-sha256"))
                    && MessageDigest.isEqual(signature.getBytes(), header("Authorization").getBytes());
        }

        static String base64(byte[] bytes) {
            return Base64.getEncoder().encodeToString(bytes);
        }
    }

    void run() throws Exception {
        var reference = "order-" + MSN + "-" + System.nanoTime();
        var payments = "/epayment/v1/payments";
        var payment = payments + "/" + reference;
        var order = "{\"amount\":" + nok(49900) + ",\"paymentMethod\":{\"type\":\"WALLET\"},\"reference\":\"" + reference
                + "\",\"userFlow\":\"WEB_REDIRECT\",\"returnUrl\":\"https://shop.example.com/thanks\"}";

        var answer = call("POST", "/accesstoken/get", null, "");
        check("a token is had", 200, answer.statusCode());
        token = text("access_token", answer.body());

        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        var receiver = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        receiver.createContext("/", exchange -> {
            var body = exchange.getRequestBody().readAllBytes();
            deliveries.add(new Delivery(exchange.getRequestURI().toString(), exchange.getRequestHeaders(), body));
            exchange.sendResponseHeaders(204, -1);
        });
        receiver.start();
        try {
            var url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hooks/vipps?shop=1&note=a%20b";
            var events = HAPPENED.stream().map(name -> "\"epayments.payment." + name.toLowerCase() + ".v1\"").toList();
            answer = call("POST", "/webhooks/v1/webhooks", null, "{\"url\":\"" + url + "\",\"events\":" + events + "}");
            check("a webhook is registered", 201, answer.statusCode());
            var secret = text("secret", answer.body());

            var created = call("POST", payments, "create-1", order);
            check("a payment is created", 201, created.statusCode());
            check("the same create has the same answer", created.body(), call("POST", payments, "create-1", order).body());
            check("the reference is refused with another key", "409 4150", code(call("POST", payments, "create-2", order)));
            check("no capture before approval", "400 6080", code(call("POST", payment + "/capture", "early-1", modify(1000))));

            var customer = "{\"customer\":{\"phoneNumber\":\"4712345678\"}}";
            answer = call("POST", "/epayment/v1/test/payments/" + reference + "/approve", null, customer);
            check("force approve works", 200, answer.statusCode());
            answer = call("GET", payment, null, "");
            check("the customer has approved", "AUTHORIZED", text("state", answer.body()));
            check("the amount is reserved", List.of("49900", "0", "0", "0"), sums(answer));
            answer = call("POST", payment + "/capture", "capture-1", modify(30000));
            check("a part is captured", List.of("49900", "0", "30000", "0"), sums(answer));
            answer = call("POST", payment + "/refund", "refund-1", modify(10000));
            check("a part is refunded", List.of("49900", "0", "30000", "10000"), sums(answer));
            answer = call("POST", payment + "/cancel", "cancel-1", "");
            check("the rest is cancelled", List.of("49900", "19900", "30000", "10000"), sums(answer));
            check("what does not exist is not found", "404 5090", code(call("GET", payments + "/no-such-order", null, "")));
            answer = call("GET", payment + "/events", null, "");
            check("the event log tells it", HAPPENED, all("\"name\":\"([A-Z]+)\"", answer.body()));

            var delivered = new ArrayList<String>();
            for (var expected : HAPPENED) {
                var delivery = deliveries.poll(10, TimeUnit.SECONDS);
                if (delivery == null) {
                    check("a webhook comes", expected, "nothing in ten seconds");
                    break;
                }
                var name = text("name", new String(delivery.body(), StandardCharsets.UTF_8));
                check(name + " is genuine", true, delivery.isGenuine(secret));
                check("with another amount it is not", false, delivery.dearer().isGenuine(secret));
                delivered.add(name);
            }
            check("the events are delivered in order", HAPPENED, delivered);
        } finally {
            receiver.stop(0);
        }
        System.out.println("# tests " + (passed + failed) + "\n# pass " + passed + "\n# fail " + failed);
    }

    public static void main(String[] arguments) throws Exception {
        var flow = new Flow();
        flow.run();
        System.exit(flow.failed == 0 ? 0 : 1);
    }
}
