/** Makes a network, says its name, and stays until it is killed; `briefly`: ends at once without closing it. */
import { createNet } from '../support/netns.js'

const { name } = createNet().createNetns('only')
console.log(name)
if (process.argv[2] !== 'briefly') setInterval(() => {}, 1000)
