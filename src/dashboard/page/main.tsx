/** Entry of the page. */
import { render } from 'preact';
import { App } from './app.tsx';
import { logIn } from './connection.ts';
import { readToken, takeTokenFromAddress } from './token.ts';

takeTokenFromAddress();
const token = readToken();
if (token !== null) logIn(token);
// Another link with a token, opened in the same tab.
addEventListener('hashchange', () => {
  takeTokenFromAddress();
  const other = readToken();
  if (other !== null) logIn(other);
});
render(<App />, document.getElementById('app')!);
