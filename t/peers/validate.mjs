// JSON Schema 2020-12, by Ajv: one line {"name":..,"schema":{..},"values":[..]}
// on stdin gives one line {"name":..,"errors":[..]} on stdout.  A schema that
// is none, or says what Ajv's strict mode does not know, is an error, too.
//
// usage: node validate.mjs < LINES

import { createInterface } from 'node:readline';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

for await (const line of createInterface({ input: process.stdin })) {
  const { name, schema, values } = JSON.parse(line);
  const errors = [];
  try {
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
    formats.default(ajv);
    const check = ajv.compile(schema);
    for (const value of values) {
      if (!check(value)) errors.push(ajv.errorsText(check.errors));
    }
  } catch (error) {
    errors.push(String(error.message));
  }
  console.log(JSON.stringify({ name, errors }));
}
