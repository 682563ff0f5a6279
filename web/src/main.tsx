import './zod-without-eval.ts';
import './styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { takeInvitation } from './location/invitation.ts';
import { restoreScheme } from './scheme.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

restoreScheme();
const invitation = takeInvitation();

createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App invitation={invitation} />
    </ErrorBoundary>
  </StrictMode>,
);
