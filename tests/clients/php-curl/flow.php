<?php

// A merchant's code in PHP without packages, from token to verified webhooks: once over the curl extension and once over
// streams. It has the vendor's host in its code.

declare(strict_types=1);

require __DIR__ . '/shop.php';
require __DIR__ . '/receiver.php';

const HAPPENED = ['CREATED', 'AUTHORIZED', 'CAPTURED', 'REFUNDED', 'CANCELLED'];

$passed = 0;
$failed = 0;
$check = static function (string $what, mixed $expected, mixed $found) use (&$passed, &$failed): void {
    if ($expected === $found) {
        $passed++;
        echo "ok    {$what}\n";

        return;
    }
    $failed++;
    echo "FAIL  {$what}: expected " . json_encode($expected) . ', found ' . json_encode($found) . "\n";
};

foreach (['curl' => byCurl(...), 'streams' => byStream(...)] as $name => $carry) {
    $shop = new Shop($carry, $name === 'curl' ? '440003' : '440004');
    $reference = "order-{$name}-" . hrtime(true);
    $payment = "/epayment/v1/payments/{$reference}";

    $check("{$name}: a token is had", 200, $shop->authenticate());
    $receiver = new Receiver();
    $events = array_map(static fn(string $event): string => 'epayments.payment.' . strtolower($event) . '.v1', HAPPENED);
    [$status, $webhook] = $shop->call('POST', '/webhooks/v1/webhooks', null, ['url' => $receiver->url, 'events' => $events]);
    $check("{$name}: a webhook is registered", 201, $status);

    [$status, $created] = $shop->create($reference, 49900, 'create-1');
    $check("{$name}: a payment is created", 201, $status);
    $check("{$name}: the same create has the same answer", [201, $created], $shop->create($reference, 49900, 'create-1'));
    $check("{$name}: the reference is refused with another key", '409 4150', code($shop->create($reference, 49900, 'create-2')));
    $check("{$name}: no capture before approval", '400 6080', code($shop->modify($payment, 'capture', 1000, 'early-1')));
    [$status] = $shop->call('POST', "/epayment/v1/test/payments/{$reference}/approve", null, ['customer' => ['phoneNumber' => '4712345678']]);
    $check("{$name}: force approve works", 200, $status);
    [, $approved] = $shop->call('GET', $payment);
    $check("{$name}: the amount is reserved", ['AUTHORIZED', [49900, 0, 0, 0]], [$approved['state'], sums($approved)]);
    $check("{$name}: a part is captured", [49900, 0, 30000, 0], sums($shop->modify($payment, 'capture', 30000, 'capture-1')[1]));
    $check("{$name}: a part is refunded", [49900, 0, 30000, 10000], sums($shop->modify($payment, 'refund', 10000, 'refund-1')[1]));
    $check("{$name}: the rest is cancelled", [49900, 19900, 30000, 10000], sums($shop->call('POST', "{$payment}/cancel", 'cancel-1')[1]));
    $check("{$name}: what does not exist is not found", '404 5090', code($shop->call('GET', '/epayment/v1/payments/no-such-order')));
    $check("{$name}: the event log tells it", HAPPENED, array_column($shop->call('GET', "{$payment}/events")[1], 'name'));

    $delivered = [];
    foreach (HAPPENED as $_) {
        $delivery = $receiver->next($webhook['secret']);
        $event = json_decode($delivery['body'], true)['name'];
        $check("{$name}: {$event} is genuine", true, isGenuine($delivery, $webhook['secret']));
        $dearer = ['body' => str_replace('00', '01', $delivery['body'])] + $delivery;
        $check("{$name}: with another amount it is not", false, isGenuine($dearer, $webhook['secret']));
        $delivered[] = $event;
    }
    $check("{$name}: the events are delivered in order", HAPPENED, $delivered);
}

echo '# tests ' . ($passed + $failed) . "\n# pass {$passed}\n# fail {$failed}\n";
exit($failed === 0 ? 0 : 1);
