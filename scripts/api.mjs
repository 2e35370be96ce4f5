// The public API from the types and docstrings, an entry of package.json's exports at a time. Run it after a change of a
// public name, signature or docstring; a test fails while these are not what it writes:
//
//   etc/ENTRY.api.md    the surface alone, by API Extractor: what SemVer is promised for
//   docs/api/ENTRY.md   the reference, by TypeDoc, in the order and under the headings of the entry's source
//
//   ./build.sh && node scripts/api.mjs
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { Application, Comment, CommentTag, Converter } from 'typedoc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = 'libseccomp-wasm';

/** What people need first, in the order they need it. */
const FIRST = [
  ['index', 'compileProfile'],
  ['index', 'decideCall'],
  ['profile', 'readProfile'],
  ['profile', 'extendProfile'],
  ['profile', 'writeProfile'],
  ['check', 'checkProfile'],
  ['explain', 'formatPolicy'],
  ['bpf', 'compareDecisions'],
  ['bpf', 'implies'],
  ['bpf', 'simulate'],
  ['compose', 'intersectProfiles'],
  ['learn', 'learnProfile'],
  ['loader', 'spawnSandboxed'],
  ['testing', 'seccompMatchers'],
];

/** The entries that have types: the name of their pages, what one imports, and where the types and sources are. */
const ENTRIES = Object.entries(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).exports)
  .filter(([, target]) => target.types)
  .map(([path, { types }]) => ({
    name: path === '.' ? 'index' : path.slice(2),
    specifier: PACKAGE + path.slice(1),
    types: join(ROOT, types),
    source: join(ROOT, types.replace('./dist/types/', '').replace('.d.ts', '.ts')),
  }));

/**
 * The surface of every entry by file name, and `hidden`: the names of types that a public one mentions and its own entry
 * does not export.
 */
export function apiReports() {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-api-'));
  const reports = new Map();
  const hidden = new Set();
  const additionalEntryPoints = ENTRIES.map(({ types }) => types);
  let compilerState;
  try {
    for (const { name, types } of ENTRIES) {
      const config = ExtractorConfig.prepare({
        configObjectFullPath: undefined,
        packageJsonFullPath: `${ROOT}package.json`,
        configObject: {
          projectFolder: ROOT,
          mainEntryPointFilePath: types,
          newlineKind: 'lf',
          compiler: {
            overrideTsconfig: { extends: `${ROOT}tsconfig.json`, include: [], files: additionalEntryPoints },
          },
          apiReport: { enabled: true, reportFileName: name, reportFolder: folder, reportTempFolder: folder },
          docModel: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          messages: {
            compilerMessageReporting: { default: { logLevel: 'none' } },
            extractorMessageReporting: {
              default: { logLevel: 'none' },
              'ae-forgotten-export': { logLevel: 'warning' },
            },
            tsdocMessageReporting: { default: { logLevel: 'none' } },
          },
        },
      });
      compilerState ??= CompilerState.create(config, { additionalEntryPoints });
      Extractor.invoke(config, {
        compilerState,
        localBuild: true,
        messageCallback(message) {
          message.handled = true;
          // The extractor numbers names that two files have.
          const [, mentioned] = /^The symbol "(\w+?)(_\d+)?"/.exec(message.text) ?? [];
          if (message.messageId === 'ae-forgotten-export') hidden.add(mentioned);
        },
      });
      reports.set(`${name}.api.md`, readFileSync(join(folder, `${name}.api.md`), 'utf8'));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { reports, hidden };
}

/** The parts of an entry: a heading in a line comment above the exports that belong under it. */
function partsOf(source) {
  const [, ...parts] = readFileSync(source, 'utf8').split(/^\/\/ (.+)$/m);
  return parts.flatMap((heading, index) => {
    if (index % 2 === 1) return [];
    const lists = [...parts[index + 1].matchAll(/export (?:type )?\{([^}]+)\}/g)].map(([, list]) => list);
    const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim().replace(/^type |^.* as /g, ''));
    return [{ heading, names: names.filter(Boolean) }];
  });
}

/** The reference by file name, a page an entry; `/inline` has the others' again. */
export async function apiReference() {
  const entries = ENTRIES.filter(({ name }) => name !== 'inline').map((entry) => ({
    ...entry,
    parts: partsOf(entry.source),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'scmp-api-'));
  try {
    const app = await Application.bootstrapWithPlugins({
      name: PACKAGE,
      entryPoints: entries.map(({ source }) => source),
      tsconfig: `${ROOT}tsconfig.build.json`,
      skipErrorChecking: true, // tsc does it
      readme: 'none',
      disableGit: true,
      disableSources: true,
      excludeExternals: true,
      excludeInternal: true,
      preservedTypeAnnotationTags: ['@throws'],
      excludePrivate: true,
      excludeProtected: true,
      sort: ['kind', 'alphabetical'],
      kindSortOrder: ['Function', 'Class', 'Variable', 'Interface', 'TypeAlias'],
      groupOrder: entries.flatMap(({ parts }) => parts.map(({ heading }) => heading)),
      plugin: ['typedoc-plugin-markdown'],
      router: 'module',
      outputs: [{ name: 'markdown', path: folder }],
      logLevel: 'Warn',
      hidePageHeader: true,
      hideBreadcrumbs: true,
      useCodeBlocks: true,
      parametersFormat: 'table',
      interfacePropertiesFormat: 'table',
      classPropertiesFormat: 'table',
      typeAliasPropertiesFormat: 'table',
      propertyMembersFormat: 'table',
      typeDeclarationFormat: 'table',
      tableColumnSettings: { hideDefaults: true, hideInherited: true, hideModifiers: true, hideOverrides: true },
    });
    app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
      for (const { comment } of Object.values(project.reflections)) nameThrown(comment);
      for (const module of project.children) {
        const entry = entries.find(({ source }) => join(ROOT, module.name, 'index.ts') === source);
        module.name = entry.name;
        for (const { heading, names } of entry.parts) {
          for (const name of names) {
            const child = module.getChildByName([name]);
            if (!child) throw new Error(`${entry.specifier} has no ${name}`);
            child.comment ??= new Comment();
            child.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: heading }]));
          }
        }
      }
    });
    const project = await app.convert();
    await app.generateOutputs(project);
    const pages = new Map();
    for (const { name, specifier } of entries) {
      const text = readFileSync(join(folder, `${name}.md`), 'utf8');
      pages.set(`${name}.md`, text.replace(/^# .*$/m, `# \`${specifier}\``));
    }
    pages.set('README.md', contents(project, entries));
    return pages;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The class of an `@throws {Class} when`, in the text: the pages have only that. */
function nameThrown(comment) {
  for (const tag of comment?.getTags('@throws') ?? []) {
    if (tag.typeAnnotation === undefined) continue;
    const name = tag.typeAnnotation.replace(/^\{|\}$/g, '');
    tag.content.unshift({ kind: 'code', text: `\`${name}\`` }, { kind: 'text', text: ' ' });
  }
}

/** The page that the others are found from. */
function contents(project, entries) {
  const summary = (reflection) => {
    const comment = reflection.comment?.summary.length ? reflection.comment : reflection.signatures?.[0]?.comment;
    const [first] = Comment.combineDisplayParts(comment?.summary).split(/(?<=\.)\s/);
    return first.replaceAll('\n', ' ').replaceAll('|', '\\|');
  };
  const module = (name) => project.getChildByName([name]);
  return `# Reference

Made from the docstrings by \`node scripts/api.mjs\`. What is in it is what [SemVer](https://semver.org/) is promised for; the
same without words, an entry a file, is in \`etc/\`.

| Entry | |
| --- | --- |
${entries.map(({ name, specifier }) => `| [\`${specifier}\`](${name}.md) | ${summary(module(name))} |`).join('\n')}

\`${PACKAGE}/inline\` is all but the loader and the matchers in one file, for where a file beside a module gets lost.

## What people need first

| Function | |
| --- | --- |
${FIRST.map(([entry, name]) => `| [\`${name}\`](${entry}.md#${name.toLowerCase()}) | ${summary(project.getChildByName([entry, name]))} |`).join('\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [folder, files] of [
    ['etc', apiReports().reports],
    ['docs/api', await apiReference()],
  ]) {
    rmSync(`${ROOT}${folder}`, { recursive: true, force: true });
    mkdirSync(`${ROOT}${folder}`, { recursive: true });
    for (const [name, text] of files) writeFileSync(`${ROOT}${folder}/${name}`, text);
  }
}
