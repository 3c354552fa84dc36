/** Flags of every command that looks for peers by itself. */
import { type Command, Option } from 'commander'
import { dhtProtocol, several } from '../values.js'

/** Both words of a switch are there, so that what a home remembers can be turned back; only one is told of. */
export function discoveryOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--bootstrap <multiaddr|file...>',
        'try these peers to get in, or those in a file, one per line; no connection to them is kept up'
      ).argParser(several)
    )
    .addOption(new Option('--mdns').hideHelp())
    .addOption(new Option('--no-mdns', 'do not look for peers on the local network, nor be found there'))
    .addOption(new Option('--dht').hideHelp())
    .addOption(new Option('--no-dht', 'take no part in the table by which peers find each other (a Kademlia DHT)'))
    .addOption(
      new Option(
        '--dht-protocol <ID>',
        'look in this DHT instead, as a guest; /ipfs/kad/1.0.0 is the public one (default: that of all Starlings nodes)'
      ).argParser(dhtProtocol)
    )
}
