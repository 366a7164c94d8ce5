export interface PolicyOptions {
  readonly downloads: string;
  /** URI templates apart by blanks. */
  readonly dnsOverHttps: string | undefined;
  readonly urlBlocklist: readonly string[];
  readonly urlAllowlist: readonly string[];
  /** undefined leaves it to the browser. */
  readonly allowFileSelectionDialogs: boolean | undefined;
}

/** What Chromium has to hold to, whatever its profile says: the text of a file of managed policies. */
export function policies(options: PolicyOptions): string {
  const { downloads, dnsOverHttps, urlBlocklist, urlAllowlist, allowFileSelectionDialogs } = options;
  const managed = {
    DownloadDirectory: downloads,
    PromptForDownloadLocation: false,
    URLBlocklist: urlBlocklist,
    URLAllowlist: urlAllowlist,
    ...(allowFileSelectionDialogs === undefined ? {} : { AllowFileSelectionDialogs: allowFileSelectionDialogs }),
    // "automatic" falls back to the names of the cluster, which no server outside knows.
    ...(dnsOverHttps === undefined
      ? { DnsOverHttpsMode: 'off' }
      : { DnsOverHttpsMode: 'automatic', DnsOverHttpsTemplates: dnsOverHttps }),
    AutofillAddressEnabled: false,
    AutofillCreditCardEnabled: false,
    BackgroundModeEnabled: false,
    BrowserSignin: 0,
    ComponentUpdatesEnabled: false,
    DefaultBrowserSettingEnabled: false,
    MetricsReportingEnabled: false,
    NetworkPredictionOptions: 2,
    PasswordManagerEnabled: false,
    PromotionsEnabled: false,
    SafeBrowsingProtectionLevel: 0,
    SearchSuggestEnabled: false,
    SyncDisabled: true,
    TranslateEnabled: false,
  };
  return `${JSON.stringify(managed, undefined, 2)}\n`;
}
