/** The page as a whole: a login until a token is known, then what is going on. */
import { useEffect, useState } from 'preact/hooks';
import { Announcer } from './announcer.tsx';
import { Approvals } from './approvals.tsx';
import { Card } from './card.tsx';
import { Figures } from './figures.tsx';
import { Graph } from './graph/graph.tsx';
import { ServiceTable } from './graph/service-table.tsx';
import { Header } from './header.tsx';
import { LinkBanner } from './link-banner.tsx';
import { Actions } from './lists/actions.tsx';
import { Incidents } from './lists/incidents.tsx';
import { Notices } from './lists/notices.tsx';
import { Talk } from './lists/talk.tsx';
import { Truth } from './lists/truth.tsx';
import { Login } from './login.tsx';
import { ServiceDetail } from './service-detail.tsx';
import { useStore } from './store.ts';

export function App() {
  const isKnown = useStore(({ token }) => token !== null);
  const hasFleet = useStore(({ fleet }) => fleet !== null);
  if (!isKnown) return <Login />;
  return (
    <>
      <a class="skip" href="#services">
        Skip to the services
      </a>
      <Header />
      <LinkBanner />
      {hasFleet ? <Main /> : <main class="waiting">Waiting for the first word of healix …</main>}
      <Announcer />
    </>
  );
}

function Main() {
  const isSimulated = useStore(({ fleet }) => fleet?.clock.kind === 'simulated');
  const title = useStore(({ fleet }) => {
    const unwell = [...(fleet?.services.values() ?? [])].filter(({ status }) => status !== 'healthy').length;
    return `${unwell === 0 ? '' : `${unwell} unwell · `}${fleet?.fleet.name ?? ''} – healix`;
  });
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <main>
      <Figures />
      <div class="columns">
        <div class="column is-wide">
          <Services />
          <div class="pair">
            <Incidents />
            <Actions />
          </div>
        </div>
        <div class="column">
          <Approvals />
          <ServiceDetail />
          {isSimulated ? <Truth /> : null}
          <Talk />
          <Notices />
        </div>
      </div>
    </main>
  );
}

function Services() {
  const [view, setView] = useState<'graph' | 'table'>('graph');
  const choice = (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="choice" role="group" aria-label="Show services as">
      {(['graph', 'table'] as const).map((name) => (
        <button key={name} type="button" aria-pressed={view === name} onClick={() => setView(name)}>
          {name === 'graph' ? 'Graph' : 'Table'}
        </button>
      ))}
    </div>
  );
  return (
    <Card id="services" title="Services" beside={choice}>
      {view === 'graph' ? <Graph /> : <ServiceTable />}
    </Card>
  );
}
