/** Keeps the page's own files in the browser, so that the page opens without a network; nothing of its user's. */

const RUNTIME = /\/litert\/wasm\/(\w+)\.js$/;

/**
 * @returns {Promise<boolean>} whether the page will open without a network. Browsers keep pages that came over https
 *     or from this computer, and not in every private window.
 */
export async function keepOffline() {
  try {
    const registration = await navigator.serviceWorker.register(address(), { updateViaCache: "none" });
    registration.addEventListener("updatefound", () => takeOver(registration).catch(() => {}));
    await takeOver(registration);
    return Boolean(registration.active);
  } catch {
    return false;
  }
}

/** The worker, told which of the WebAssembly runtimes this browser loads: it keeps no other. */
function address() {
  const worker = new URL("../service_worker.js", import.meta.url);
  const names = performance.getEntriesByType("resource").map(({ name }) => RUNTIME.exec(new URL(name).pathname)?.[1]);
  worker.searchParams.set("runtime", names.find(Boolean) ?? "");
  return worker;
}

/** A new version waits until no page loads the older one any more; this page has loaded all of it. */
async function takeOver(registration) {
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return;
  await reached(worker, "installed");
  worker.postMessage("take over");
  await reached(worker, "activated");
}

function reached(worker, state) {
  const order = ["installing", "installed", "activating", "activated"];
  return new Promise((resolve, reject) => {
    const check = () => {
      if (worker.state === "redundant") reject(new Error("a file of the page could not be kept"));
      if (order.indexOf(worker.state) >= order.indexOf(state)) resolve();
    };
    worker.addEventListener("statechange", check);
    check();
  });
}
