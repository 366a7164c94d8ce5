import { sandboxDefinition } from './sandbox/definition.ts';

/** Every CustomResourceDefinition, by the file name of its YAML. Apart from the main entry, which needs no schemas at run time. */
export const definitions = () => ({ 'sandfleet.dev_sandboxes.yaml': sandboxDefinition() });

export { toYaml } from './yaml.ts';
