// Write docs/api/: the public API from the docstrings in the built types, a page an entry of the package. Run it after a
// change of a docstring or signature; a test fails while docs/api/ is not what it writes.
//
//   ./build.sh && node scripts/api-reference.mjs
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-api'; // the release before the compiler became a native program, which has no API

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const ENTRIES = [
  {
    page: 'index',
    specifier: 'libseccomp-wasm',
    types: 'src/index.d.ts',
    about:
      'Profiles to programs, libseccomp itself, and what a policy means. Browser and Node.js; `libseccomp-wasm/inline` is the same in one file.',
  },
  {
    page: 'bpf',
    specifier: 'libseccomp-wasm/bpf',
    types: 'src/bpf/index.d.ts',
    about: 'Classic BPF programs as data. Browser and Node.js.',
  },
  {
    page: 'loader',
    specifier: 'libseccomp-wasm/loader',
    types: 'native-loader/index.d.ts',
    about: 'Installing filters, running commands under them, answering their calls. Linux and Node.js, through koffi.',
  },
  {
    page: 'testing',
    specifier: 'libseccomp-wasm/testing',
    types: 'src/testing/index.d.ts',
    about: 'Matchers for vitest and jest.',
  },
];

/** The pages by file name. */
export function apiReference() {
  const files = ENTRIES.map(({ types }) => `${ROOT}dist/types/${types}`);
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    types: [],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  return new Map(
    ENTRIES.map((entry, index) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(files[index]));
      const symbols = checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
      const sections = symbols.map((symbol) => section(symbol, checker));
      const text = [
        `# \`${entry.specifier}\``,
        '<!-- Written by scripts/api-reference.mjs from the docstrings: change those. -->',
        entry.about,
        ...sections,
      ];
      return [`${entry.page}.md`, `${text.join('\n\n')}\n`];
    }),
  );
}

function section(exported, checker) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = (symbol.declarations ?? []).map(declarationText);
  return [
    `## ${exported.name}`,
    ...documentation(symbol, checker),
    `\`\`\`ts\n${declarations.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

/** The declaration as the types have it, with the comments on its members. */
function declarationText(declaration) {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return node.getText().replace(/^export (declare )?/, '');
}

function documentation(symbol, checker) {
  const prose = plain(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
  const tags = symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name !== 'internal')
    .map(({ name, text }) => `*${name === 'throws' ? 'Throws' : name}*: ${plain(ts.displayPartsToString(text))}`);
  return [prose, ...tags].filter((part) => part !== '');
}

/** Links to other symbols as their names. */
const plain = (text) => text.replace(/\{@link ([^}]+)\}/g, '`$1`').trim();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = `${ROOT}docs/api`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of apiReference()) writeFileSync(`${folder}/${name}`, text);
}
