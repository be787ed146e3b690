/** Tells a template that Helm has to fill in from a manifest that holds templates of others in its texts, as those of alerts are. */
import { isMap, parseAllDocuments, Scalar, visit } from 'yaml';

/** What Helm's templates are made of, anywhere in a text. */
const ACTION = /\{\{-?\s*(?:\.[A-Za-z]|include\b|if\b|range\b|with\b|end\b|template\b)/;
/** Where YAML cannot be read: also what begins a line or a value. */
const TEMPLATE = new RegExp(`^\\s*\\{\\{|:\\s+\\{\\{|${ACTION.source}`, 'm');

/** Text in quotes and in blocks is left alone where the YAML around it can be read: Helm may not be meant by it. */
export function isHelmTemplate(text: string): boolean {
  if (!text.includes('{{')) return false;
  const documents = parseAllDocuments(text, { prettyErrors: false });
  if (documents.some(({ errors }) => errors.length > 0)) return TEMPLATE.test(withoutStrings(text));
  let isFound = false;
  for (const document of documents)
    visit(document, {
      Scalar(key, { type, value }) {
        const isOpen = type === Scalar.PLAIN || key === 'key';
        if (isOpen && typeof value === 'string' && ACTION.test(withoutStrings(value))) isFound = true;
        return isFound ? visit.BREAK : undefined;
      },
      // To YAML, {{ .Values.x }} is a map whose key is a map.
      Pair(_, { key }) {
        if (isMap(key)) isFound = true;
        return isFound ? visit.BREAK : undefined;
      },
    });
  return isFound;
}

/** What stands in quotes may hold braces of its own. */
function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|^\s*#.*$/gm, '""');
}
