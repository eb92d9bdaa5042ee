<?php
// php-memcached, which is libmemcached: what a cache client must see. Prints "ok"; else ends with code 1.
declare(strict_types=1);

function same(mixed $expected, mixed $found, string $what): void
{
    if ($expected !== $found) {
        fwrite(STDERR, "$what: expected " . var_export($expected, true) . ', found ' . var_export($found, true) . "\n");
        exit(1);
    }
}

$client = new Memcached();
$client->setOptions([
    Memcached::OPT_BINARY_PROTOCOL => false,
    Memcached::OPT_LIBKETAMA_COMPATIBLE => true,
    Memcached::OPT_TCP_NODELAY => true,
    Memcached::OPT_COMPRESSION => false,
]);
$client->addServer('127.0.0.1', (int) $argv[1]);

// Values, misses, types.
same(false, $client->get('k'), 'a miss');
same(Memcached::RES_NOTFOUND, $client->getResultCode(), 'the code of a miss');
same(true, $client->set('k', 'first'), 'set');
same('first', $client->get('k'), 'get');
$bytes = implode('', array_map('chr', range(0, 255))) . "\r\nEND\r\n";
$client->set('bytes', $bytes);
same($bytes, $client->get('bytes'), 'every byte');
$client->set('array', ['a' => [1, 'ä', 2.5]], 100);
same(['a' => [1, 'ä', 2.5]], $client->get('array'), 'an array');
same('made', $client->get('made', fn ($client, $key, &$value) => ($value = 'made') !== ''), 'read through');

// Many at a time.
$values = [];
for ($number = 0; $number < 200; $number++) {
    $values["many:$number"] = $number;
}
same(true, $client->setMulti($values), 'setMulti');
same($values, $client->getMulti([...array_keys($values), 'nothing']), 'getMulti');
$client->getDelayed(array_keys($values));
same(200, count($client->fetchAll()), 'getDelayed');
same(array_fill_keys(['many:0', 'many:1'], true), $client->deleteMulti(['many:0', 'many:1']), 'deleteMulti');
same(198, count($client->getMulti(array_keys($values))), 'getMulti after deleteMulti');

// Conditions.
same(false, $client->add('k', 'never'), 'add onto something');
same(Memcached::RES_NOTSTORED, $client->getResultCode(), 'the code of add onto something');
same(true, $client->replace('k', 'middle'), 'replace');
same(true, $client->append('k', '-after'), 'append');
same(true, $client->prepend('k', 'before-'), 'prepend');
$extended = $client->get('k', null, Memcached::GET_EXTENDED);
same('before-middle-after', $extended['value'], 'get with cas');
same(true, $client->cas($extended['cas'], 'k', 'swapped'), 'cas');
same(false, $client->cas($extended['cas'], 'k', 'too late'), 'cas too late');
same(Memcached::RES_DATA_EXISTS, $client->getResultCode(), 'the code of cas too late');
same(true, $client->touch('k', 100), 'touch');
same(false, $client->touch('nothing', 100), 'touch of nothing');
same(true, $client->delete('k'), 'delete');
same(false, $client->delete('k'), 'delete of nothing');

// Counters.
$client->set('n', 5);
same(15, $client->increment('n', 10), 'increment');
same(9, $client->decrement('n', 6), 'decrement');
same(false, $client->increment('nothing'), 'increment of nothing');

// Values near the limit and above it; what follows is answered.
$large = str_repeat('x', 1000 * 1000);
same(true, $client->set('large', $large), 'a large value');
same($large, $client->get('large'), 'a large value');
same(false, $client->set('large', str_repeat('x', 2 * 1024 * 1024)), 'a value too large');
same(Memcached::RES_E2BIG, $client->getResultCode(), 'the code of a value too large');
same(true, $client->set('after', 'it'), 'set after a refusal');
same('it', $client->get('after'), 'get after a refusal');

// Without waiting for replies.
$quiet = new Memcached();
$quiet->setOptions([Memcached::OPT_NO_BLOCK => true, Memcached::OPT_NOREPLY => true]);
$quiet->addServer('127.0.0.1', (int) $argv[1]);
for ($number = 0; $number < 1000; $number++) {
    $quiet->set("quiet:$number", $number);
}
same(999, $quiet->get('quiet:999'), 'set without a reply');

// The server itself.
$server = "127.0.0.1:$argv[1]";
same('1.6.18', $client->getStats()[$server]['version'], 'stats');
same([$server => '1.6.18'], $client->getVersion(), 'version');
same(true, $client->flush(), 'flush');
same(false, $client->get('after'), 'get after flush');
$client->quit();
echo "ok\n";
