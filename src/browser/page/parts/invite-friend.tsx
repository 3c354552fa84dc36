/** An invite for somebody else: to be scanned, copied, or handed to another app. */
import { useEffect, useState } from 'preact/hooks'
import type { FriendInvite } from '../../engine/session.js'
import type { App, Live } from '../state/app.js'
import { Card } from './basics.js'
import { QrCode } from './qr.js'

export function InviteFriendCard({ app, live }: { readonly app: App; readonly live: Live }) {
  const [shown, setShown] = useState(false)
  const [link, setLink] = useState<FriendInvite | null>(null)
  const [said, setSaid] = useState('')
  const { peers } = live.view
  /** Whoever came may be the one that can be dialled. */
  const company = link === null ? peers.map(({ key }) => key).join() : null
  useEffect(() => {
    if (!shown || company === null) return
    let current = true
    void app.friendInvite().then(made => {
      if (current) setLink(made)
    })
    return () => {
      current = false
    }
  }, [shown, app, company])
  const isPrivate = live.session.preview?.manifest.admission.rule === 'key'
  const share = (text: string): void => {
    // Cancelling is a choice, not an error.
    navigator.share({ title: 'Starlings', url: text }).catch(() => undefined)
  }
  return (
    <Card title="Invite a friend" id="friend">
      {!shown ? (
        <button type="button" class="quiet" onClick={() => setShown(true)}>
          Show an invite
        </button>
      ) : link === null ? (
        <p class="small" role="status">
          There is no invite to show yet: it takes a peer that can be dialled.
        </p>
      ) : (
        <div class="friend">
          <QrCode text={link.shortLink} label="The invite as a QR code" />
          <div>
            <p>
              Scan it with another phone, or send the link. It works as long as one of the peers in it, or one that they
              lead to, is there.
            </p>
            {isPrivate && (
              <p>
                <strong>The link holds the key of this swarm.</strong> Whoever has it can join.
              </p>
            )}
            <input
              class="link"
              readOnly
              value={link.link}
              aria-label="Invite link"
              onFocus={event => event.currentTarget.select()}
            />
            <div class="actions">
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  navigator.clipboard.writeText(link.link).then(
                    () => setSaid('Copied.'),
                    () => setSaid('The browser did not allow it; select the link and copy it.')
                  )
                }}
              >
                Copy the link
              </button>
              {'share' in navigator && (
                <button type="button" class="quiet" onClick={() => share(link.link)}>
                  Share …
                </button>
              )}
            </div>
            <p class="small" role="status">
              {said}
            </p>
          </div>
        </div>
      )}
    </Card>
  )
}
