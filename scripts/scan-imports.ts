/** Finds the imports of a TypeScript file without a compiler: enough for formatted code. */

export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: it loads nothing. */
  readonly isType: boolean;
  readonly line: number;
}

const clause = String.raw`[\w$*{}\s,]+?\s+from\s*`;
const quoted = String.raw`(?<quote>['"])(?<specifier>[^'"]*)\k<quote>`;
const statements = [
  new RegExp(String.raw`(?<![.\w$#])import\s+(?<type>type\s+)?(?:${clause})?${quoted}`, 'dg'),
  new RegExp(
    String.raw`(?<![.\w$#])export\s+(?<type>type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*${quoted}`,
    'dg',
  ),
  // `import('x').Name` is a type: the promise of a real import has only three members, all in lower case.
  new RegExp(
    String.raw`(?<type>typeof\s+)?(?<![.\w$#])import\s*\(\s*${quoted}[^)]*\)(?<member>\s*\.\s*(?!then\b|catch\b|finally\b)\w)?`,
    'dg',
  ),
];

export function scanImports(text: string): Import[] {
  const code = maskText(text);
  const found = statements.flatMap((statement) => [...code.matchAll(statement)]);
  return found.map((match) => {
    // Every pattern has the group, so a match has its position; the text itself is masked in `code`.
    const [start, end] = match.indices?.groups?.['specifier'] ?? [0, 0];
    const { type, member } = match.groups ?? {};
    return {
      specifier: text.slice(start, end),
      isType: type !== undefined || member !== undefined,
      line: text.slice(0, start).split('\n').length,
    };
  });
}

/** The code with all comments and the contents of all strings blanked; every character keeps its position. */
export function maskText(text: string): string {
  let masked = '';
  // What encloses the position: `${` is an expression in a template, `{` any other brace.
  const braces: ('{' | '${')[] = [];
  const blank = (end: number): void => {
    masked += text.slice(masked.length, end).replace(/[^\n]/g, ' ');
  };
  const template = (start: number): void => {
    const inside = /(?:[^\\`$]|\\[\s\S]|\$(?!\{))*/y;
    inside.lastIndex = start;
    inside.test(text);
    blank(inside.lastIndex);
    if (text.startsWith('${', inside.lastIndex)) braces.push('${');
    masked += text.slice(masked.length, masked.length + (text[masked.length] === '`' ? 1 : 2));
  };
  while (masked.length < text.length) {
    const at = masked.length;
    const token = tokenAt(text, at, masked);
    const character = text[at] ?? '';
    if (token === 'comment' || token === 'regex') blank(tokens[token].lastIndex);
    else if (token === 'string') {
      masked += character;
      blank(tokens.string.lastIndex - 1);
      masked += character;
    } else {
      masked += character;
      if (character === '`') template(masked.length);
      else if (character === '{') braces.push('{');
      else if (character === '}' && braces.pop() === '${') template(masked.length);
    }
  }
  return masked;
}

const tokens = {
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  string: /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y,
  regex: /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y,
};

function tokenAt(text: string, at: number, before: string): keyof typeof tokens | null {
  for (const kind of ['comment', 'string', 'regex'] as const) {
    tokens[kind].lastIndex = at;
    if (!tokens[kind].test(text)) continue;
    // After a value a slash divides; after anything else it begins a regular expression.
    if (kind !== 'regex' || /(?:^|[(,=:[!&|?{};+\n]|\breturn|=>)\s*$/.test(before)) return kind;
  }
  return null;
}
