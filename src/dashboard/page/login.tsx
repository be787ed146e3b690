/** Asks for the token. Nothing of the fleet is shown before. */
import { useState } from 'preact/hooks';
import { logIn } from './connection.ts';
import { useStore } from './store.ts';

export function Login() {
  const refusal = useStore((state) => state.refusal);
  const [token, setToken] = useState('');
  const enter = (event: Event): void => {
    event.preventDefault();
    if (token.trim() !== '') logIn(token.trim());
  };
  return (
    <main class="login">
      <form class="card" onSubmit={enter}>
        <h1>
          <img src="/icon.svg" alt="" width="28" height="28" /> healix
        </h1>
        <p>
          This page needs the control token. On a terminal <code>healix run</code> prints a link that holds it; else it
          is in <code>.healix/control.token</code>, beside the journal.
        </p>
        <label for="token">Control token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={token}
          aria-invalid={refusal !== ''}
          aria-describedby="refusal"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p id="refusal" class="refusal" role="alert">
          {refusal}
        </p>
        <button type="submit" class="primary">
          Show the fleet
        </button>
        <p class="muted">It is kept in this tab alone, and forgotten with it.</p>
      </form>
    </main>
  );
}
