import { browserPageContentContract } from './browser-page-content.ts';
import { browserPageInputContract } from './browser-page-input.ts';
import { browserPageNavigationContract } from './browser-page-navigation.ts';
import { browserPageScriptContract } from './browser-page-script.ts';

export const browserPageContract = {
  ...browserPageNavigationContract,
  ...browserPageInputContract,
  ...browserPageContentContract,
  ...browserPageScriptContract,
};
