// Runs the contender sharp: requests on stdin and answers on stdout are lines of JSON, as in child.py for Python.
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

function load() {
  const folder = process.env.SHARP_DIR;
  const load = folder ? require('node:module').createRequire(path.join(path.resolve(folder), 'package.json')) : require;
  return load('sharp');
}

function say(answer) {
  process.stdout.write(JSON.stringify(answer) + '\n');
}

async function convert(sharp, { source, out, max_side: side, quality, method }) {
  const bytes = fs.readFileSync(source);
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  const data = await sharp(bytes, { animated: source.endsWith('.gif') })
    .rotate()
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .webp({ quality, effort: method })
    .toBuffer();
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  const used = process.cpuUsage(cpu);
  if (out) fs.writeFileSync(out, data);
  return { ms, cpu_ms: (used.user + used.system) / 1e3, bytes: data.length };
}

async function main() {
  let sharp;
  try {
    sharp = load();
  } catch {
    say({ missing: 'sharp is not installed: `npm install sharp` in a folder, then SHARP_DIR=<folder>' });
    return;
  }
  sharp.concurrency(1);
  sharp.cache(false);
  say({ version: `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}, libwebp ${sharp.versions.webp}` });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    try {
      say(await convert(sharp, JSON.parse(line)));
    } catch (error) {
      say({ error: String(error) });
    }
  }
}

main();
