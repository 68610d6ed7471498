import { BlockList, isIP } from 'node:net';

/**
 * Is this literal address one that a stranger's URL may lead to: public unicast? Everything that is not known to be public is not:
 * loopback, private, carrier-grade NAT, link-local and metadata addresses, documentation, multicast, reserved, and every IPv6 form
 * that carries an IPv4 address inside. `address` is as `dns.lookup` or WHATWG parsing gives it, without brackets.
 */
export function isPublicAddress(address: string): boolean {
  // A zone id (`fe80::1%eth0`) exists for link-local addresses only.
  if (address.includes('%')) return false;
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, 'ipv4');
    case 6:
      return GLOBAL_UNICAST.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
    default:
      return false;
  }
}

/** The only IPv6 block that IANA hands out as global unicast: mapped, NAT64, unique local, link-local and multicast lie outside. */
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');

/** IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates), and Azure's metadata host in the last line. */
const NOT_PUBLIC = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
] as const) {
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv4');
}
// Teredo, ORCHID and benchmarking; documentation; 6to4, which carries an IPv4 address; AS112; documentation again.
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const) {
  NOT_PUBLIC.addSubnet(net, prefix, 'ipv6');
}
