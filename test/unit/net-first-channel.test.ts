import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mendFirstChannel } from '#src/net/first-channel.js'

class Channel extends EventTarget {
  readyState = 'connecting'

  becomes(state: string): void {
    this.readyState = state
    if (state !== 'closing') this.dispatchEvent(new Event(state === 'open' ? 'open' : 'close'))
  }
}

function connections() {
  return class {
    createDataChannel(label: string): Channel {
      void label
      return new Channel()
    }
  }
}

/** Whether the event comes in this turn of the loop. */
async function comes(channel: Channel, name: string): Promise<boolean> {
  let came = false
  channel.addEventListener(name, () => {
    came = true
  })
  await new Promise(resolve => setImmediate(resolve))
  return came
}

describe('the first channel of a WebRTC connection', () => {
  const first = (Connections = connections()) => {
    mendFirstChannel(Connections)
    return new Connections().createDataChannel('init')
  }

  it('tells who asks late that it was open and that it is closed', async () => {
    const channel = first()
    channel.becomes('open')
    channel.becomes('closing')
    assert.equal(await comes(channel, 'open'), true)
    assert.equal(await comes(channel, 'close'), false, 'while it closes')
    channel.becomes('closed')
    assert.equal(await comes(channel, 'open'), true)
    assert.equal(await comes(channel, 'close'), true)
  })

  it('says nothing before its time', async () => {
    const channel = first()
    assert.equal(await comes(channel, 'open'), false)
    assert.equal(await comes(channel, 'close'), false)
    const opened = once(channel, 'open')
    channel.becomes('open')
    await opened
    assert.equal(await comes(channel, 'close'), false)
  })

  it('is the only one that is changed, and once', async () => {
    const Connections = connections()
    mendFirstChannel(Connections)
    const { createDataChannel } = Connections.prototype
    mendFirstChannel(Connections)
    assert.equal(Connections.prototype.createDataChannel, createDataChannel)
    const other = new Connections().createDataChannel('')
    other.becomes('closed')
    assert.equal(await comes(other, 'close'), false)
  })
})
