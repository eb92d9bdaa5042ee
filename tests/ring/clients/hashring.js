// Where npm's hashring puts keys. Standard input: one server a line (host, port, weight, with tabs between them), an
// empty line, one key a line in hex. Standard output: the servers' indices. Argument: a port that is left out of the
// strings that are hashed, or nothing.

const HashRing = require('hashring');

const lines = require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1);
const blank = lines.indexOf('');
const weights = {};
const names = lines.slice(0, blank).map((line) => {
  const [host, port, weight] = line.split('\t');
  weights[`${host}:${port}`] = Number(weight);
  return `${host}:${port}`;
});
const options = process.argv[2] ? { 'default port': Number(process.argv[2]) } : {};
const ring = new HashRing(weights, 'md5', options);
const answers = lines.slice(blank + 1).map((line) => names.indexOf(ring.get(Buffer.from(line, 'hex').toString())));
process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));
