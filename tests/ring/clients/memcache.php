<?php
// What the servers answer that PHP's memcache puts keys on. Standard input: one server a line (host, port, weight, with
// tabs between them), an empty line, one key a line in hex. Standard output: the answers.

$lines = explode("\n", rtrim(stream_get_contents(STDIN), "\n"));
$blank = array_search('', $lines, true);
$client = new Memcache();
foreach (array_slice($lines, 0, $blank) as $line) {
    [$host, $port, $weight] = explode("\t", $line);
    $client->addServer($host, (int) $port, true, (int) $weight);
}
foreach (array_slice($lines, $blank + 1) as $line) {
    echo $client->get(hex2bin($line)), "\n";
}
