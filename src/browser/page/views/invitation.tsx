/** What one is invited to, what others will see, and the consent to it. */
import { Card, Facts, Heading, Notice, SixWords } from '../parts/basics.js'
import { RoomNotice } from '../parts/room.js'
import type { App, Live } from '../state/app.js'
import { count, day, plural } from '../words/format.js'
import {
  admissionInWords,
  dataNeededInWords,
  modelInWords,
  stopInWords,
  taskInWords,
  usageInWords
} from '../words/manifest.js'
import { roomInWords } from '../words/room.js'

export function InvitationView({ app, live: { session } }: { readonly app: App; readonly live: Live }) {
  const { preview } = session
  if (preview === null) return null
  const { manifest, words, participants, epoch, staleAt } = preview
  return (
    <div class="narrow">
      <p class="step">Step 1 of 2</p>
      <Heading>You are invited to “{manifest.name}”</Heading>
      <p class="lead">Its members train one model {taskInWords(manifest)}.</p>
      <Card title="The swarm" id="swarm">
        <Facts
          rows={[
            ['Taking part', participantsInWords(participants)],
            ['Where it is', epoch === 0 ? 'At its beginning' : `In epoch ${count(epoch)}`],
            ['Ends', stopInWords(manifest)],
            ['Who may join', admissionInWords(manifest)],
            ['The model', modelInWords(manifest)],
            ['Data it needs', dataNeededInWords(manifest)],
            ['Network use', usageInWords(manifest)],
            ['Room it takes', roomInWords(manifest)]
          ]}
        />
        <h3>Its name in six words</h3>
        <SixWords words={words} />
        <p class="small">The same words on both screens mean the same swarm: read them to whoever invited you.</p>
      </Card>
      <Card title="What happens with your data" id="privacy">
        <ul class="ticks">
          <li class="no">
            <strong>Your data never leaves this device.</strong> Not a picture, not a row, not a file name.
          </li>
          <li class="yes">
            <strong>Changes of the model are sent</strong> to all members after each epoch, rounded and with most of
            their entries left out. They follow from your data; somebody who studies them with great effort may guess
            parts of it. Do not train on secrets in a swarm you do not trust.
          </li>
          <li class="yes">
            <strong>How many samples you train on is visible</strong> to all members: it is the weight of your changes.
          </li>
          <li class="yes">
            <strong>Your IP address is visible</strong> to the devices that you are connected to; to the one that
            described this swarm it is already.
          </li>
          <li class="yes">
            <strong>A key pair stands for you.</strong> It is made in this browser, and tells nothing about you.
          </li>
        </ul>
        <p class="small">
          What you contribute stays in the shared model, also after you leave. Starlings is not protected against
          members who lie on purpose: join swarms of people you trust.
        </p>
      </Card>
      <RoomNotice manifest={manifest} />
      {staleAt && (
        <Notice>
          <p>The addresses in this invite are good until {day(staleAt)}. After that, ask for a fresh one.</p>
        </Notice>
      )}
      <div class="actions">
        <button type="button" onClick={() => app.consent()}>
          Agree and choose data
        </button>
        <button type="button" class="quiet" onClick={() => void app.home()}>
          No, thank you
        </button>
      </div>
      <p class="small">Nothing of yours is sent before you have chosen data and started.</p>
    </div>
  )
}

function participantsInWords(participants: number): string {
  return participants === 0
    ? 'Nobody yet, as far as the one that answered knows'
    : `${plural(participants, 'device')}, by an estimate of the one that answered`
}
