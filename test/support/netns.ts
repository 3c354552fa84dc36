/**
 * Networks of a test's own: namespaces of Linux, joined by cables, local networks and routers with address translation.
 * Whatever runs and exists in them ends with `close()`, and also when the test's process ends some other way; what even a
 * `kill -9` left behind goes when the next network is made.
 */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'

/** The only names that this file makes or removes: the pid of the process that made them, and a count. */
const PREFIX = 'starlings-'

export interface Namespace {
  readonly name: string
  /** Put before a command, it runs in here. */
  readonly prefix: readonly string[]
  /** Runs a command to its end. @returns what it wrote to its output @throws Error with what it said, when it fails */
  run(command: string, ...args: readonly string[]): string
  /** Starts a command, which is killed at `close()` of the network at the latest. Its pid is the command's own. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** Where whatever it has no interface for goes, such as the inner address of a router. */
  route(gateway: string): void
}

/** One end of a cable: what the interface is called in its namespace, and its IPv4 address. */
export interface Plug {
  readonly device: string
  readonly address: string
}

export interface NatOptions {
  /** Interface of the router that looks outward. */
  readonly outside: Plug
  /**
   * `cone` keeps a sender's port, whoever it sends to, as most routers at home do, and holes can be punched through it;
   * `symmetric` draws another one for each destination. Neither lets anything in that was not asked for.
   * @default 'cone'
   */
  readonly kind?: 'cone' | 'symmetric'
}

export interface Net {
  /** A machine with nothing but loopback. */
  createNetns(label: string): Namespace
  /** A cable between two machines. @param subnet of 24 bits, such as 10.1.0.0/24: the first gets .1, the second .2 */
  link(a: Namespace, b: Namespace, options: { readonly subnet: string }): readonly [Plug, Plug]
  /** A local network; its members get .1, .2 and so on, in order. Multicast and broadcast reach all of them. */
  lan(members: readonly Namespace[], options: { readonly subnet: string }): readonly Plug[]
  /** Lets a machine forward between its interfaces. */
  forward(router: Namespace): void
  /** Lets a machine forward, and hides whoever is behind it. */
  nat(router: Namespace, options: NatOptions): void
  /** Stops whatever runs in them, and removes them. Twice is fine. */
  close(): void
}

/** Why networks cannot be made here, or nothing. */
export function netnsUnavailable(): string | undefined {
  if (process.platform !== 'linux') return 'namespaces need Linux'
  if (process.getuid?.() !== 0) return 'namespaces need root'
  for (const [command, ...args] of [['ip', '-V'] as const, ['nft', '-v'] as const]) {
    try {
      execFileSync(command, args, { stdio: 'ignore' })
    } catch {
      return `namespaces need the command ${command} (Debian: iproute2, nftables)`
    }
  }
  const name = `${PREFIX}${process.pid}-probe`
  try {
    execute('ip', 'netns', 'add', name)
    execute('ip', 'netns', 'delete', name)
  } catch (error) {
    return `namespaces are not to be had: ${error instanceof Error ? error.message : String(error)}`
  }
  return undefined
}

/** Networks that are still there. */
const open = new Set<Net>()
let guarded = false
let created = 0

export function createNet(): Net {
  guard()
  const namespaces: string[] = []
  const plugs = new Map<string, number>()

  const createNetns = (label: string): Namespace => {
    const name = `${PREFIX}${process.pid}-${++created}-${label}`
    execute('ip', 'netns', 'add', name)
    namespaces.push(name)
    execute('ip', '-n', name, 'link', 'set', 'lo', 'up')
    const prefix = ['ip', 'netns', 'exec', name]
    return {
      name,
      prefix,
      run: (command, ...args) => execute(...prefix, command, ...args),
      spawn: (command, args, options = {}) => spawn('ip', [...prefix.slice(1), command, ...args], options),
      route: gateway => {
        execute('ip', '-n', name, 'route', 'replace', 'default', 'via', gateway)
      }
    }
  }

  /** Interfaces are numbered in each namespace: their names may have 15 characters only. */
  const nextDevice = (name: string): string => {
    const number = plugs.get(name) ?? 0
    plugs.set(name, number + 1)
    return `eth${number}`
  }

  const cable = (a: string, b: string): readonly [string, string] => {
    const [deviceA, deviceB] = [nextDevice(a), nextDevice(b)]
    execute('ip', 'link', 'add', deviceA, 'netns', a, 'type', 'veth', 'peer', 'name', deviceB, 'netns', b)
    execute('ip', '-n', a, 'link', 'set', deviceA, 'up')
    execute('ip', '-n', b, 'link', 'set', deviceB, 'up')
    return [deviceA, deviceB]
  }

  /** Without duplicate address detection an IPv6 address, too, can be used at once. */
  const address = ({ name }: Namespace, device: string, subnet: string, host: number): Plug => {
    const plug = { device, address: hostAddress(subnet, host) }
    execute('ip', '-n', name, 'addr', 'add', `${plug.address}/24`, 'dev', device)
    return plug
  }

  const forward = (router: Namespace): void => {
    router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  }

  const net: Net = {
    createNetns,
    link: (a, b, { subnet }) => {
      const [deviceA, deviceB] = cable(a.name, b.name)
      return [address(a, deviceA, subnet, 1), address(b, deviceB, subnet, 2)]
    },
    lan: (members, { subnet }) => {
      const { name: hub } = createNetns('switch')
      execute('ip', '-n', hub, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0')
      execute('ip', '-n', hub, 'link', 'set', 'br0', 'up')
      return members.map((member, index) => {
        const [device, port] = cable(member.name, hub)
        execute('ip', '-n', hub, 'link', 'set', port, 'master', 'br0')
        return address(member, device, subnet, index + 1)
      })
    },
    forward,
    nat: (router, { outside: { device }, kind = 'cone' }) => {
      forward(router)
      const masquerade = kind === 'symmetric' ? 'masquerade fully-random' : 'masquerade'
      for (const rule of [
        'add table ip border',
        'add chain ip border out { type nat hook postrouting priority 100 ; }',
        `add rule ip border out oifname "${device}" ${masquerade}`,
        'add chain ip border in { type filter hook forward priority 0 ; }',
        `add rule ip border in iifname "${device}" ct state established,related accept`,
        `add rule ip border in iifname "${device}" drop`,
        // One that answers a stranger's packet itself, if only to refuse it, has the port taken when its own side sends.
        'add chain ip border self { type filter hook input priority 0 ; }',
        `add rule ip border self iifname "${device}" ct state established,related accept`,
        `add rule ip border self iifname "${device}" drop`
      ]) {
        router.run('nft', rule)
      }
    },
    close: () => {
      open.delete(net)
      for (const name of namespaces.splice(0)) remove(name)
    }
  }
  open.add(net)
  return net
}

function hostAddress(subnet: string, host: number): string {
  const match = /^(\d+\.\d+\.\d+)\.0\/24$/.exec(subnet)
  if (match === null || host > 254) throw new RangeError(`no address ${host} in ${subnet}: expected a.b.c.0/24`)
  return `${match[1]}.${host}`
}

function execute(...command: readonly string[]): string {
  const [file = '', ...args] = command
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Kills what runs in a namespace, which would keep it alive without its name, and removes it. */
function remove(name: string): void {
  try {
    for (const pid of execute('ip', 'netns', 'pids', name).split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It ended by itself meanwhile.
      }
    }
    execute('ip', 'netns', 'delete', name)
  } catch {
    // Somebody else removed it: that is all that is wanted.
  }
}

/** From now on networks go when this process does; those of processes that were killed outright go now. */
function guard(): void {
  if (guarded) return
  guarded = true
  for (const line of execute('ip', 'netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ')
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (Number.isInteger(pid) && !isAlive(pid)) remove(name)
  }
  process.once('exit', closeAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      closeAll()
      process.kill(process.pid, signal)
    })
  }
}

function closeAll(): void {
  for (const net of [...open]) net.close()
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
