import type { Command } from 'commander';
import { jsonSchemaText, profileJsonSchema } from '../../profile/model/json-schema.js';
import { addOptions } from '../options.js';
import { writeResult } from '../output.js';

export function addSchemaCommand(program: Command): void {
  const command = program
    .command('schema')
    .summary('print the JSON Schema of profiles')
    .description(
      'Print the JSON Schema (draft 2020-12) of profiles in OCI, Docker and Podman format, for editors that complete and check them.',
    );
  addOptions(command, { output: 'where to write it (default: standard output)' }).action(
    ({ output }: { output?: string }) => writeResult(jsonSchemaText(profileJsonSchema()), output),
  );
}
