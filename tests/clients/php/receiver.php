<?php

declare(strict_types=1);

use Nesthus\Vipps\Webhooks\SignatureValidator;
use Nesthus\Vipps\Webhooks\WebhookRequest;

/**
 * A shop's webhook endpoint that checks with the client's own validator. It answers only when asked for the next delivery:
 * the sandbox waits ten seconds for an answer, and whoever has not been accepted yet stands in the socket's queue.
 */
final class Receiver
{
    public readonly string $authority;

    /** @var resource */
    private $socket;

    public function __construct()
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0') ?: throw new RuntimeException('no port is free');
        $this->socket = $socket;
        $this->authority = (string) stream_socket_get_name($socket, false);
    }

    /**
     * Takes the next delivery and answers 204 if it is genuine, else 401.
     *
     * @return array{request: WebhookRequest, reason: ?string, event: array<string, mixed>}
     */
    public function next(string $secret): array
    {
        $connection = @stream_socket_accept($this->socket, 10) ?: throw new RuntimeException('no delivery in ten seconds');
        [$method, $target] = explode(' ', (string) fgets($connection));
        $headers = [];
        while (($line = trim((string) fgets($connection))) !== '') {
            [$name, $value] = explode(':', $line, 2);
            $headers[strtolower($name)] = trim($value);
        }
        $body = (string) stream_get_contents($connection, (int) $headers['content-length']);

        $request = new WebhookRequest($method, $target, $headers['host'], $body, $headers);
        $reason = (new SignatureValidator())->validate($request, $secret)->reason;
        $status = $reason === null ? '204 No Content' : '401 Unauthorized';
        fwrite($connection, "HTTP/1.1 {$status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        fclose($connection);

        return ['request' => $request, 'reason' => $reason, 'event' => (array) json_decode($body, true)];
    }
}
