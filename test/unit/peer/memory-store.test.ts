import { memoryStore } from '#src/peer/memory-store.js'
import { storeContract } from '../../support/store-contract.js'

storeContract('the memory', { create: async () => memoryStore() })
