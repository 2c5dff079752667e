<?php

// The PHP client nesthus/vipps-php, unmodified, from token to webhooks. It takes a base URL, so nothing is redirected.

declare(strict_types=1);

use GuzzleHttp\Client;
use GuzzleHttp\Psr7\HttpFactory;
use Nesthus\Vipps\Amount;
use Nesthus\Vipps\Epayment\CreatePayment;
use Nesthus\Vipps\Epayment\Payment;
use Nesthus\Vipps\Epayment\PaymentEvent;
use Nesthus\Vipps\Epayment\PaymentState;
use Nesthus\Vipps\Exceptions\VippsApiException;
use Nesthus\Vipps\Vipps;
use Nesthus\Vipps\VippsConfig;
use Nesthus\Vipps\Webhooks\SignatureValidator;
use Nesthus\Vipps\Webhooks\WebhookRequest;

require __DIR__ . '/vendor/autoload.php';
require __DIR__ . '/checks.php';
require __DIR__ . '/receiver.php';

const EVENTS = [
    'epayments.payment.created.v1',
    'epayments.payment.authorized.v1',
    'epayments.payment.captured.v1',
    'epayments.payment.refunded.v1',
    'epayments.payment.cancelled.v1',
    'epayments.payment.terminated.v1',
];

$sandbox = getenv('EPAYMENT_SANDBOX_URL') ?: throw new RuntimeException('EPAYMENT_SANDBOX_URL is not set');
$msn = '821001';
$reference = "order-{$msn}-" . time();
$checks = new Checks();
$receiver = new Receiver();
$http = new Client(['timeout' => 10]);
$factory = new HttpFactory();
$config = new VippsConfig(
    'fb492b5e-7907-4d83-ba20-c7fb60ca35de',
    'Y8Kteew6GE3ZmeycEt6egg==',
    '0f14ebcab0eb4b29ae0cb90d91b4a84a',
    $msn,
    baseUrlOverride: $sandbox,
);
$vipps = new Vipps($config, $http, $factory, $factory);
$payments = $vipps->epayment();

/** The ErrorCode of a call that has to be refused, after its status. */
$refusal = static function (callable $call): string {
    try {
        $call();
    } catch (VippsApiException $refused) {
        foreach ($refused->details['extraDetails'] ?? [] as $extra) {
            if ($extra['name'] === 'ErrorCode') {
                return "{$refused->status} {$extra['reason']}";
            }
        }

        return "{$refused->status} " . json_encode($refused->details);
    }

    return 'not refused';
};
$money = static fn(Payment $payment): array => [
    $payment->authorizedAmount?->minorUnits,
    $payment->cancelledAmount?->minorUnits,
    $payment->capturedAmount?->minorUnits,
    $payment->refundedAmount?->minorUnits,
];
$summary = static fn(PaymentEvent $event): array => [$event->name, $event->amount?->minorUnits, $event->success];

$checks->same('a token is had', 3, count(explode('.', $vipps->tokens()->token())));

$url = "http://{$receiver->authority}/hooks/vipps?shop=1&note=a%20b";
$webhook = $vipps->webhooks()->register($url, EVENTS, 'register-1');
$checks->same('the secret is 88 characters', 88, strlen($webhook->secret()));
$listed = $vipps->webhooks()->all();
$checks->same('the webhook is listed', [[$webhook->id, $url, EVENTS]], array_map(fn($row) => [$row->id, $row->url, $row->events], $listed));

$order = new CreatePayment(Amount::fromMinor(49900), $reference, 'https://shop.example.com/thanks', paymentDescription: 'Two pairs of socks');
$created = $payments->createPayment($order, 'create-1');
$checks->same('the payment has its reference', $reference, $created->reference);
$again = $payments->createPayment($order, 'create-1');
$checks->same('the same create gives the same answer', $created->redirectUrl, $again->redirectUrl);
$other = new CreatePayment(Amount::fromMinor(50000), $reference, 'https://shop.example.com/thanks');
$checks->same('the key is refused with another body', '409 4020', $refusal(fn() => $payments->createPayment($other, 'create-1')));
$checks->same('the reference is refused with another key', '409 4150', $refusal(fn() => $payments->createPayment($order, 'create-2')));
$checks->same('it waits for the customer', PaymentState::Created, $payments->getPayment($reference)->state);
$checks->same('no capture before approval', '400 6080', $refusal(fn() => $payments->capture($reference, Amount::fromMinor(1000), 'early-1')));

// The client has no force approve: the shop's tests make that call themselves.
$approve = $factory->createRequest('POST', "{$sandbox}/epayment/v1/test/payments/{$reference}/approve")
    ->withHeader('Authorization', 'Bearer ' . $vipps->tokens()->token())
    ->withHeader('Ocp-Apim-Subscription-Key', $config->subscriptionKey())
    ->withHeader('Merchant-Serial-Number', $msn)
    ->withHeader('Content-Type', 'application/json')
    ->withBody($factory->createStream('{"customer":{"phoneNumber":"4712345678"}}'));
$checks->same('force approve works', 200, $http->sendRequest($approve)->getStatusCode());
$approved = $payments->getPayment($reference);
$checks->same('the amount is reserved', [PaymentState::Authorized, [49900, 0, 0, 0]], [$approved->state, $money($approved)]);

$checks->same('too much is refused', '400 6090', $refusal(fn() => $payments->capture($reference, Amount::fromMinor(49901), 'capture-0')));
$captured = $payments->capture($reference, Amount::fromMinor(30000), 'capture-1');
$checks->same('a part is captured', [49900, 0, 30000, 0], $money($captured));
$checks->same('a capture that is repeated happens once', [49900, 0, 30000, 0], $money($payments->capture($reference, Amount::fromMinor(30000), 'capture-1')));
$checks->same('its key is refused with another amount', '409 4010', $refusal(fn() => $payments->capture($reference, Amount::fromMinor(19900), 'capture-1')));
$checks->same('a part is refunded', [49900, 0, 30000, 10000], $money($payments->refund($reference, Amount::fromMinor(10000), 'refund-1')));
$checks->same('more than was captured is not', '400 6150', $refusal(fn() => $payments->refund($reference, Amount::fromMinor(20001), 'refund-2')));
$checks->same('the rest is cancelled', [49900, 19900, 30000, 10000], $money($payments->cancel($reference, 'cancel-1')));
$checks->same('what does not exist is not found', '404 5090', $refusal(fn() => $payments->getPayment('no-such-order')));

$happened = [
    ['CREATED', 49900, true],
    ['AUTHORIZED', 49900, true],
    ['CAPTURED', 30000, true],
    ['REFUNDED', 10000, true],
    ['CANCELLED', 19900, true],
];
$checks->same('the event log tells it', $happened, array_map($summary, $payments->getEvents($reference)));

$delivered = [];
foreach ($happened as $_) {
    $delivery = $receiver->next($webhook->secret());
    $event = $delivery['event'];
    $checks->same("{$event['name']} is genuine", null, $delivery['reason']);
    $delivered[] = [$event['name'], $event['amount']['value'], $event['success']];
}
$checks->same('the events are delivered in order', $happened, $delivered);

$genuine = $delivery['request'];
$with = static fn(string $target, string $host, string $body, string $secret): ?string => (new SignatureValidator())->validate(
    new WebhookRequest('POST', $target, $host, $body, [
        'x-ms-date' => (string) $genuine->header('x-ms-date'),
        'x-ms-content-sha256' => (string) $genuine->header('x-ms-content-sha256'),
        'authorization' => (string) $genuine->header('authorization'),
    ]),
    $secret,
)->reason;
[$target, $host, $body, $secret] = [$genuine->pathAndQuery, $genuine->host, $genuine->rawBody, $webhook->secret()];
$checks->same('unchanged it stays genuine', null, $with($target, $host, $body, $secret));
$checks->same('another amount is refused', 'content_hash_mismatch', $with($target, $host, str_replace('19900', '19901', $body), $secret));
$checks->same('another path is refused', 'signature_mismatch', $with('/hooks/vipps', $host, $body, $secret));
$checks->same('another host is refused', 'signature_mismatch', $with($target, '127.0.0.1', $body, $secret));
$checks->same('another secret is refused', 'signature_mismatch', $with($target, $host, $body, $secret . '='));

$vipps->webhooks()->delete($webhook->id, 'delete-1');
$checks->same('the webhook is gone', [], $vipps->webhooks()->all());

exit($checks->close());
