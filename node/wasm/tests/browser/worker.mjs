// The worker of the page: runs what the test sends.

import * as fairlane from "/browser.mjs";

onmessage = async ({ data: { id, text } }) => {
  try {
    const act = (0, eval)(`(${text})`);
    postMessage({ id, value: await act(fairlane) });
  } catch (error) {
    postMessage({ id, error: `${error.name}: ${error.message}` });
  }
};

// What comes while the module is loaded, which the import waits for, would be lost.
postMessage({ isReady: true });
