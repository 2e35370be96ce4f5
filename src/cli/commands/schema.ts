import { type Command, Option } from 'commander';
import { formatJsonSchema, SCHEMA_FORMATS, type SchemaFormat } from '../../profile/formats/json-schemas.js';
import { jsonSchemaText } from '../../profile/model/json-schema.js';
import { addOptions, type FlagsOf } from '../options.js';
import { writeResult } from '../output.js';

const OPTIONS = {
  format: new Option('--format <format>', "of which format; docker's is OCI's and Podman's too")
    .choices(SCHEMA_FORMATS)
    .default('docker'),
  output: 'where to write it (default: standard output)',
} as const;

interface Flags extends FlagsOf<typeof OPTIONS> {
  format: SchemaFormat;
}

export function addSchemaCommand(program: Command): void {
  const command = program
    .command('schema')
    .summary('print the JSON Schema of profiles')
    .description('Print the JSON Schema (draft 2020-12) of a format, for editors that complete and check profiles.');
  addOptions(command, OPTIONS).action(({ format, output }: Flags) =>
    writeResult(jsonSchemaText(formatJsonSchema(format)), output),
  );
}
