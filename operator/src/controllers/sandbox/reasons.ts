/** Every reason that a condition of a Sandbox can have. Programs compare them; they do not change. */
export const REASONS = {
  // Ready
  ready: 'PodReady',
  deleting: 'Deleting',
  multiplePods: 'MultiplePods',
  podNameTaken: 'PodNameTaken',
  podRefused: 'PodRefused',
  podTerminating: 'PodTerminating',
  podFailed: 'PodFailed',
  creatingPod: 'CreatingPod',
  adoptingPod: 'AdoptingPod',
  podPending: 'PodPending',
  unschedulable: 'Unschedulable',
  schedulingGated: 'SchedulingGated',
  starting: 'Starting',
  imagePullFailed: 'ImagePullFailed',
  startFailed: 'ContainerStartFailed',
  crashLoop: 'CrashLoopBackOff',
  restarting: 'ContainerRestarting',
  notResponding: 'NotResponding',
  waitingForKeys: 'WaitingForPublicKeys',
  waitingForPolicy: 'WaitingForNetworkPolicy',
  waitingForWorkspace: 'WaitingForWorkspace',
  // PodScheduled
  scheduled: 'Scheduled',
  noPod: 'NoPod',
  // NetworkReady
  policyInPlace: 'PolicyInPlace',
  policyPending: 'PolicyPending',
  policyNameTaken: 'PolicyNameTaken',
  policyTerminating: 'PolicyTerminating',
  policyChanging: 'PolicyChanging',
  widened: 'WidenedByOtherPolicies',
  // WorkspaceReady
  ephemeral: 'Ephemeral',
  volumeBound: 'VolumeBound',
  volumePending: 'VolumePending',
  volumeLost: 'VolumeLost',
  volumeTerminating: 'VolumeTerminating',
  volumeNameTaken: 'VolumeNameTaken',
  volumeRefused: 'VolumeRefused',
  // ServiceReady
  serviceInPlace: 'ServiceInPlace',
  servicePending: 'ServicePending',
  serviceNameTaken: 'ServiceNameTaken',
  serviceRefused: 'ServiceRefused',
} as const;

export type Reason = (typeof REASONS)[keyof typeof REASONS];
