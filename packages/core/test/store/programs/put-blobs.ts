import { BlobStore } from '../../../src/store/index.js'

// Puts the same contents as its siblings, small and large, and prints their hashes.
const [dir = ''] = process.argv.slice(2)
const blobs = new BlobStore(dir)
for (let index = 0; index < 20; index++) console.log(await blobs.put(Buffer.alloc(100 + index * 150_000, index)))
