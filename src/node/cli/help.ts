/** Examples that help shows under the flags. */

export const OVERVIEW = `
Start here:
  starlings testnet topology/regular-16.json     16 peers on this machine learn to read digits
  starlings topology ring --peers 8 > ring.json  another topology to try

With friends, one machine each:
  starlings swarm create digits --home flock/    once; prints an invite to send them
  starlings node --home flock/                   your peer
  starlings join <invite>                        each of theirs
  starlings node --home flock/ --serve           your peer, and a page by which phones take part

starlings <command> --help tells more.`

/** Of --json and epochs.jsonl. */
const RECORDS = `
--json and epochs.jsonl have one record per peer and epoch. One with an accuracy, which is of a sample of 256 held-out
rows, may come after those of later epochs, as testing takes a while: sort by "peer" and "epoch" where order matters.`

export const TESTNET = `
Examples:
  starlings testnet topology/regular-16.json
  starlings testnet topology/ring-16.json --partition iid --epochs 20
  starlings testnet topology/regular-16.json --task mnist --data mnist/ --out run/
  starlings testnet topology/complete-8.json --task table --data cancer.csv --label diagnosis
  starlings testnet topology/regular-16.json --json | jq -c 'select(.type == "summary")'
  starlings testnet topology/regular-16.json --faults topology/faults/churn.json

Every peer has a key, a libp2p node and TCP connections of its own, and data that no other peer sees.
After training each peer's model is tested, and compared with what the peer reaches alone with its own data.
With --faults peers that are killed, frozen, come late or leave have a process of their own, of some 200 MB, and
epochs take half a second at least (more on few cores), because a process takes two to start.
${RECORDS}`

export const SIM = `
Examples:
  starlings sim topology/regular-16.json --faults topology/faults/storm.json --trainer synthetic --epochs 40
  starlings sim topology/regular-16.json --faults topology/faults/loss-30.json --seed 7
  starlings sim topology/regular-16.json --trainer synthetic --json | jq -c 'select(.type == "summary")'

The peers are the real ones; time, network and disks are virtual. Equal topology, faults, flags and seed give the same
run on every machine, event by event: compare the digests of the event logs. Exit code 1 says that a promise of
PROTOCOL.md, section 9, was broken. topology/faults/README.md tells what can go wrong.
${RECORDS}`

export const NODE = `
Examples:
  starlings node --swarm swarm.json --listen /ip4/0.0.0.0/tcp/4001
  starlings node --swarm swarm.json --peer /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo...
  starlings node --swarm swarm.json --shard 1/2 --partition dirichlet:0.1   on one machine, and
  starlings node --swarm swarm.json --shard 2/2 --partition dirichlet:0.1   on the other
  starlings node --swarm swarm.json --data mnist/ --home ~/flock            keeps what it is and what it learnt, and
  starlings node --home ~/flock                                             goes on, whatever ended it
  starlings node --home ~/flock --serve        trains, serves the page, and prints a link for phones and browsers

Without --home a peer keeps nothing: started again, it is another one. A home holds the peer's private key, the manifest,
the model, what the peer has not sent yet, whom it met, and what the command line said of --data, --shard, --partition,
--mode, --listen (with the port that was taken), --peer, --bootstrap, --no-mdns, --no-dht, --dht-protocol, --max-cpu and
--max-mb-per-day; each flag that is given again replaces what is remembered (--mdns and --dht turn back on).
The data itself stays where it is. One process at a time uses a home.

For weeks: a node with a home is asked with starlings status, and told with pause, resume and leave. --max-cpu and
--max-mb-per-day keep it small; bytes are counted at the sockets, and the day is that of this machine's calendar.

Behind a router a peer dials others, asks the router for open ports, and has neighbours introduce it to those who cannot
dial it either. A peer in the open introduces others to each other, and with --relay carries everything between those that
find no way of their own, 2 megabytes a second in all, or as many as it is told: what is more waits. A home remembers
--relay, --no-relay (--introduce takes both back), --no-upnp (--upnp does), --announce and --stun.
See: starlings doctor

Ctrl-C leaves the swarm politely; a second Ctrl-C leaves at once.
${RECORDS}`

export const SWARM = `
Examples:
  starlings swarm create digits --out swarm.json
  starlings swarm create mnist --model cnn --epochs 150 --expected-peers 16 --out swarm.json
  starlings swarm create table --data cancer.csv --label diagnosis --forever --out swarm.json
  starlings swarm create digits --private --home flock/ --page https://flock.example/
  starlings swarm create digits --allow friends.txt --home flock/
  starlings swarm create digits --from flock/ --without 12D3Koo... --home flock2/`

export const SWARM_CREATE = `${SWARM}

With --home the first peer gets its folder: who it is, the manifest, the ports that it will listen on, and the key of
a private swarm. The invite is on stdout, all else on stderr. It names this machine's addresses; friends elsewhere need one that
they can reach, about which starlings doctor knows more. Invites that a running peer prints name its neighbours, too.

A swarm never changes. --from makes one that goes on from its model: with other settings, with another key (--private again),
or without somebody (--without). Invite the others to it. Whoever was in the old swarm keeps what they had of it; there is no
way to take that back.

A manifest is everything the peers of a swarm must agree on. Its hash is the swarm id; a changed manifest is another swarm.
Up to --expected-peers peers send updates of the full size each; more of them share that budget, and so send less each.
From about 1.6 times --drawn on they draw lots in each epoch, so that messages and work per peer stay as they are.`

export const TOPOLOGY = `
Examples:
  starlings topology ring --peers 8 > ring.json
  starlings topology regular --peers 16 --degree 4 --seed 7 > regular.json

A topology says who dials whom at the start; topology/README.md compares them.`

export const SERVE = `
Examples:
  starlings serve                       on this machine; phones can look at it, but not take part
  starlings serve --https               phones of your network take part; their browsers ask once
  starlings serve --https --home ~/flock   prints that node's invite as a link and a QR code

The page is a full peer: it trains in the browser, and keeps its state there. This server hands out its files and nothing
else; once the page is open, it is not needed any more. Any https web host does the same: copy the folder dist/page there.`

export const JOIN = `
Examples:
  starlings join 'https://flock.example/#AQE...'
  starlings join starlings:AQE... --data mine.csv
  starlings join starlings:AQE... --yes --home ~/flock
  starlings join -                                          asks for the invite
  starlings join - --yes < invite.txt

Nothing is published before you have seen what the swarm trains, on what data and who sees what of you, and have agreed. Your data
stays on this machine. The peer then runs as with starlings node, and goes on with: starlings node --home <its folder>.
In quotes the shell leaves the link as it is. The link of a private swarm holds its key, and a command line is seen by other users
of the machine (ps) and kept in the shell's history: take - for it. From a pipe nobody can be asked, so that needs --yes.`

export const INVITE = `
Examples:
  starlings invite
  starlings invite --home ~/flock --page https://flock.example/ --qr

The link is on stdout, all else on stderr. While a node runs in the home, the invite names it and the neighbours that it
dialled; else whom the home knows. It works as long as anybody whom it names does.`

export const ID = `
Example:
  starlings id --home ~/flock

A swarm that takes the peers on a list only (swarm create --allow) needs the ids of its members before it is made: each makes
their own with this command, and later joins with the same --home.`

export const STATUS = `
Examples:
  starlings status --home ~/flock
  starlings status --home ~/flock --watch
  starlings status --home ~/flock --json | jq .neighbours

Asks the node that runs with this home, through a socket there that only you may open. A node without --home cannot be asked.`

export const ORDERS = `
Examples:
  starlings pause --home ~/flock     it rests: nobody waits for it, and it stays connected; also after a restart, until
  starlings resume --home ~/flock    it is to go on
  starlings leave --home ~/flock     as Ctrl-C in its terminal does`

export const DOCTOR = `
It listens where the node would, or looks at the one that runs, and asks peers that it can dial to open a connection
back. The exit code is 0 when one of them could, and 1 when none could, or none was there to ask.

Examples:
  starlings doctor --home ~/flock
  starlings doctor --peer /ip4/192.0.2.7/tcp/4001
  starlings doctor starlings:AQDk…`
