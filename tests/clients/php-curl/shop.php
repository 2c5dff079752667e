<?php

declare(strict_types=1);

const API = 'https://apitest.vipps.no';

/**
 * Carries one call over the curl extension, which takes the proxy from the environment and trust from curl.cainfo.
 *
 * @param list<string> $headers
 * @return array{int, string} status and body
 */
function byCurl(string $method, string $url, array $headers, string $body): array
{
    $handle = curl_init($url);
    curl_setopt_array($handle, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 10,
    ]);
    $answer = curl_exec($handle);
    if ($answer === false) {
        throw new RuntimeException(curl_error($handle));
    }

    return [curl_getinfo($handle, CURLINFO_RESPONSE_CODE), $answer];
}

/**
 * Carries one call over a stream, which takes trust from SSL_CERT_FILE, but the proxy from its context alone.
 *
 * @param list<string> $headers
 * @return array{int, string} status and body
 */
function byStream(string $method, string $url, array $headers, string $body): array
{
    $http = ['method' => $method, 'header' => $headers, 'content' => $body, 'ignore_errors' => true, 'timeout' => 10];
    $proxy = getenv('HTTPS_PROXY');
    if ($proxy !== false) {
        $http['proxy'] = str_replace('http://', 'tcp://', $proxy);
    }
    $answer = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($answer === false) {
        throw new RuntimeException("{$url} cannot be reached");
    }

    return [(int) explode(' ', $http_response_header[0])[1], $answer];
}

/** One sales unit's calls. */
final class Shop
{
    private ?string $token = null;

    /** @param Closure(string, string, list<string>, string): array{int, string} $carry */
    public function __construct(private readonly Closure $carry, private readonly string $msn)
    {
    }

    /** @return int the status */
    public function authenticate(): int
    {
        [$status, $answer] = $this->call('POST', '/accesstoken/get');
        $this->token = $answer['access_token'] ?? null;

        return $status;
    }

    /** @return array{int, mixed} status and body */
    public function call(string $method, string $path, ?string $key = null, ?array $body = null): array
    {
        $headers = [
            'Content-Type: application/json',
            'Ocp-Apim-Subscription-Key: 0f14ebcab0eb4b29ae0cb90d91b4a84a',
            "Merchant-Serial-Number: {$this->msn}",
        ];
        array_push($headers, ...($this->token === null
            ? ['client_id: fb492b5e-7907-4d83-ba20-c7fb60ca35de', 'client_secret: Y8Kteew6GE3ZmeycEt6egg==']
            : ["Authorization: Bearer {$this->token}"]));
        if ($key !== null) {
            $headers[] = "Idempotency-Key: {$key}";
        }
        $sent = $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR);
        [$status, $answer] = ($this->carry)($method, API . $path, $headers, $sent);

        return [$status, json_decode($answer, true)];
    }

    /** @return array{int, mixed} */
    public function create(string $reference, int $value, string $key): array
    {
        return $this->call('POST', '/epayment/v1/payments', $key, [
            'amount' => ['currency' => 'NOK', 'value' => $value],
            'paymentMethod' => ['type' => 'WALLET'],
            'reference' => $reference,
            'userFlow' => 'WEB_REDIRECT',
            'returnUrl' => 'https://shop.example.com/thanks',
            'paymentDescription' => 'Two pairs of socks',
        ]);
    }

    /** @return array{int, mixed} */
    public function modify(string $payment, string $what, int $value, string $key): array
    {
        return $this->call('POST', "{$payment}/{$what}", $key, ['modificationAmount' => ['currency' => 'NOK', 'value' => $value]]);
    }
}

/**
 * The ErrorCode of a refusal, after its status.
 *
 * @param array{int, mixed} $answer
 */
function code(array $answer): string
{
    [$status, $body] = $answer;
    $codes = array_column($body['extraDetails'] ?? [], 'reason', 'name');

    return "{$status} " . ($codes['ErrorCode'] ?? json_encode($body));
}

/** @return list<?int> what was authorized, cancelled, captured and refunded */
function sums(mixed $payment): array
{
    return array_map(
        static fn(string $name): ?int => $payment['aggregate']["{$name}Amount"]['value'] ?? null,
        ['authorized', 'cancelled', 'captured', 'refunded'],
    );
}
