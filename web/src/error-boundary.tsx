import { Component, type ReactNode } from 'react';
import { Button } from './ui/button.tsx';
import { PlainPage } from './ui/plain-page.tsx';

interface Props {
  children: ReactNode;
}

/** Shows a sentence and a way out when the page itself breaks. React writes the cause to the console. */
export class ErrorBoundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <PlainPage
        title="This page stopped working"
        text="That is our fault, not yours. Loading it again usually helps."
      >
        <Button onClick={() => window.location.reload()}>Load again</Button>
      </PlainPage>
    );
  }
}
