// A page that fails takes nothing else with it.

import { Component, type ReactNode } from "react";

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <p className="said warn" role="alert">
        This page failed.{" "}
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </p>
    );
  }
}
