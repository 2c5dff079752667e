<?php

declare(strict_types=1);

/**
 * Whether a delivery was signed with the secret, as the vendor documents it.
 *
 * @param array{target: string, headers: array<string, string>, body: string} $delivery
 */
function isGenuine(array $delivery, string $secret): bool
{
    $headers = $delivery['headers'];
    if (abs(time() - (int) strtotime($headers['x-ms-date'])) > 300) {
        return false;
    }
    $hash = base64_encode(hash('sha256', $delivery['body'], true));
    $signed = "POST\n{$delivery['target']}\n{$headers['x-ms-date']};{$headers['host']};{$hash}";
    $signature = base64_encode(hash_hmac('sha256', $signed, $secret, true));

    return hash_equals($hash, $headers['x-ms-content-sha256'])
        && hash_equals("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={$signature}", $headers['authorization']);
}

/**
 * A shop's webhook endpoint. It answers only when asked for the next delivery: the sandbox waits ten seconds for an answer, and
 * whoever has not been accepted yet stands in the socket's queue.
 */
final class Receiver
{
    public readonly string $url;

    /** @var resource */
    private $socket;

    public function __construct()
    {
        $this->socket = stream_socket_server('tcp://127.0.0.1:0') ?: throw new RuntimeException('no port is free');
        $this->url = 'http://' . stream_socket_get_name($this->socket, false) . '/hooks/vipps?shop=1&note=a%20b';
    }

    /**
     * Takes the next delivery and answers 204 if it is genuine, else 401.
     *
     * @return array{target: string, headers: array<string, string>, body: string}
     */
    public function next(string $secret): array
    {
        $connection = @stream_socket_accept($this->socket, 10) ?: throw new RuntimeException('no delivery in ten seconds');
        [, $target] = explode(' ', (string) fgets($connection));
        $headers = [];
        while (($line = trim((string) fgets($connection))) !== '') {
            [$name, $value] = explode(':', $line, 2);
            $headers[strtolower($name)] = trim($value);
        }
        $body = (string) stream_get_contents($connection, (int) $headers['content-length']);
        $delivery = ['target' => $target, 'headers' => $headers, 'body' => $body];
        $status = isGenuine($delivery, $secret) ? '204 No Content' : '401 Unauthorized';
        fwrite($connection, "HTTP/1.1 {$status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        fclose($connection);

        return $delivery;
    }
}
