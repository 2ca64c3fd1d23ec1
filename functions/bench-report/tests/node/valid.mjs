// Holds JSON files, or files of JSON lines, against a JSON Schema. Prints every fault
// as a line.
//
// usage: node valid.mjs SCHEMA.json FILE...

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const Ajv = require('ajv/dist/2020');

const [schema, ...files] = process.argv.slice(2);
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  .compile(JSON.parse(readFileSync(schema, 'utf8')));

for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const parts = file.endsWith('l') ? text.split('\n').filter(Boolean) : [text];
  for (const [place, part] of parts.entries()) {
    if (validate(JSON.parse(part))) continue;
    for (const { instancePath, message, params } of validate.errors.slice(0, 5)) {
      console.log(`${file}:${place + 1}: ${instancePath} ${message} ${JSON.stringify(params)}`);
    }
  }
}
