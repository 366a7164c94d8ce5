import { describe, expect, it } from 'vitest';

import { isPodAddress } from './pod-address.ts';

describe('isPodAddress()', () => {
  const pods = ['10.0.0.1', '10.244.3.7', '172.16.0.9', '192.168.1.1', '100.64.0.1', '8.8.8.8', 'fd00:1234::7', '2a00:1450::1'];
  it.for(pods)('takes %s', (address) => {
    expect(isPodAddress(address)).toBe(true);
  });

  const others = [
    '',
    'localhost',
    'example.com',
    '10.0.0.1:80',
    '10.0.0.01',
    '0x0a000001',
    '167772161',
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '169.254.0.1',
    '192.0.0.192',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '240.0.0.1',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '2001:0:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'fd00:ec2::254',
    '100::1',
    '[::1]',
  ];
  it.for(others)('refuses %j', (address) => {
    expect(isPodAddress(address)).toBe(false);
  });
});
