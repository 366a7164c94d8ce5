/** What the chart tells the test; a missing variable is a fault of the chart, so it stops the test with its name. */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const address = (text) => {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
};

export const settings = Object.freeze({
  api: address(required('TEST_API')),
  gateway: address(required('TEST_GATEWAY')),
  namespace: required('TEST_NAMESPACE'),
  deadline: Date.now() + Number(required('TEST_TIMEOUT_SECONDS')) * 1000,
  nodeAddress: required('TEST_NODE_ADDRESS'),
  kubernetes: { host: required('KUBERNETES_SERVICE_HOST'), port: Number(required('KUBERNETES_SERVICE_PORT')) },
});
