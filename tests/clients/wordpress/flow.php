<?php

// What the official WooCommerce plugin sends for two orders, over the HTTP client of WordPress, which is here without a site.

declare(strict_types=1);

// WordPress 6.1 is older than this PHP, which has more to say about it.
error_reporting(E_ALL & ~E_DEPRECATED);

const WPINC = 'wp-includes';
define('ABSPATH', rtrim($argv[1], '/') . '/');

foreach (['version', 'load', 'plugin', 'class-wp-error', 'functions', 'formatting', 'kses', 'option', 'http', 'class-wp-http', 'class-wp-http-response'] as $file) {
    require_once ABSPATH . WPINC . "/{$file}.php";
}
foreach (glob(ABSPATH . WPINC . '/class-wp-http*.php') as $file) {
    if (!str_ends_with($file, '-ixr-client.php')) {
        require_once $file;
    }
}

/** The site's address and WordPress' version, which go into User-Agent. */
function get_bloginfo(string $what): string
{
    return $what === 'version' ? $GLOBALS['wp_version'] : 'https://shop.example.com';
}

add_filter('pre_option_siteurl', static fn(): string => 'https://shop.example.com');
require __DIR__ . '/led.php';

const MSN = '440006';

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

$call = static function (string $method, string $path, array $headers, ?string $body = null): array {
    $headers += [
        'Ocp-Apim-Subscription-Key' => 'any',
        'Merchant-Serial-Number' => MSN,
        'X-TimeStamp' => gmdate('c'),
        'X-Source-Address' => '127.0.0.1',
        'Connection' => 'close',
    ];
    $answer = wp_remote_request("https://apitest.vipps.no/{$path}", array_filter(compact('method', 'headers', 'body'), 'is_not_null'));
    if (is_wp_error($answer)) {
        return ['no answer', $answer->get_error_message()];
    }

    return [wp_remote_retrieve_response_code($answer), json_decode(wp_remote_retrieve_body($answer), true)];
};

function is_not_null(mixed $value): bool
{
    return $value !== null;
}

$form = ['client_id' => 'any', 'client_secret' => 'any', 'Content-type' => 'application/x-www-form-urlencoded', 'Merchant-Serial-Number' => ''];
[$status, $token] = $call('POST', 'accessToken/get', $form, '');
$check('a token is had with a capital T, as a form', 200, $status);
$json = ['Authorization' => 'Bearer ' . ($token['access_token'] ?? ''), 'Content-type' => 'application/json'];

foreach ([123, 124] as $order) {
    $reference = 'Woo' . str_pad((string) $order, 5, '0', STR_PAD_LEFT);
    $payment = "epayment/v1/payments/{$reference}";
    [$status] = $call('POST', 'epayment/v1/payments', $json + ['Idempotency-Key' => "wc_order_{$order}"], json_encode([
        'reference' => $reference,
        'userFlow' => 'WEB_REDIRECT',
        'paymentMethod' => ['type' => 'WALLET'],
        'amount' => ['currency' => 'NOK', 'value' => round(499.0 * 100)],
        'returnUrl' => 'https://shop.example.com/vipps-betaling/',
        'customer' => ['customerInteraction' => 'CUSTOMER_NOT_PRESENT'],
        'metadata' => ['orderid' => $order],
        'minimumUserAge' => null,
        'paymentDescription' => 'Confirm your order from https://shop.example.com',
    ]));
    $check("order {$order}: a payment is created", 201, $status);
    [$status] = $call('POST', "epayment/v1/test/payments/{$reference}/approve", $json, '{"customer":{"phoneNumber":"4712345678"}}');
    $check("order {$order}: it is approved", 200, $status);

    $cancel = static fn(string $body): array => $call('POST', "{$payment}/cancel", $json + ['Idempotency-Key' => '1'], $body);
    [$status, $first] = $cancel('{"cancelTransactionOnly":false}');
    $check("order {$order}: the cancel with key 1 is carried out", [200, 49900], [$status, $first['aggregate']['cancelledAmount']['value'] ?? null]);
    $check("order {$order}: a second one is answered like the first", [200, $first], $cancel('{"cancelTransactionOnly":false}'));
    [$status, $refusal] = $cancel('{}');
    $check("order {$order}: another body is refused", [409, '4020'], [$status, $refusal['extraDetails'][0]['reason'] ?? null]);
}

$proxy = new WP_HTTP_Proxy();
$check('other hosts are reached as before', false, $proxy->send_through_proxy('https://api.wordpress.org/core/version-check/1.7/'));

echo '# tests ' . ($passed + $failed) . "\n# pass {$passed}\n# fail {$failed}\n";
exit($failed === 0 ? 0 : 1);
