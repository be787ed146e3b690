/** The control token: taken from behind the # of the address, kept for this tab alone. */

const KEY = 'healix-token';

/** Moves the token from the address bar into this tab's storage: history and screenshots do not show it. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  if (token !== '') keepToken(token);
  history.replaceState(null, '', location.pathname + location.search);
}

export const readToken = (): string | null => sessionStorage.getItem(KEY);
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const forgetToken = (): void => sessionStorage.removeItem(KEY);
