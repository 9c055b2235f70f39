// appctl: tells appctl what happens in opencode; `appctl hooks uninstall opencode` removes it
import { spawn } from "node:child_process"

const TOLD = new Set([
  "session.created",
  "session.status",
  "session.idle",
  "session.error",
  "permission.asked",
  "permission.updated",
  "permission.replied",
  "question.asked",
  "question.replied",
  "question.rejected",
])

// Events that wait to be told; more than this many are dropped.
const MAX_WAITING = 100

// One process per event, which takes milliseconds. It must not hold up or harm opencode.
const tell = (event) =>
  new Promise((done) => {
    const hook = spawn("appctl", ["hook", "opencode"], { stdio: ["pipe", "ignore", "ignore"] })
    hook.on("error", done)
    hook.on("close", done)
    hook.stdin.on("error", () => {})
    hook.stdin.end(JSON.stringify(event))
  })

export const AppctlHooks = async () => {
  if (!process.env.APPCTL_SESSION) return {}
  const children = new Set()
  const states = new Map()
  const failed = new Set()
  let waiting = 0
  let last = Promise.resolve()

  const isNews = (type, id, properties) => {
    if (!TOLD.has(type)) return false
    if (type === "session.error") failed.add(id)
    if (type === "session.idle" && failed.delete(id)) return false
    if (type !== "session.status") return true
    const state = properties.status?.type
    if (states.get(id) === state) return false
    states.set(id, state)
    return true
  }

  return {
    event: async ({ event }) => {
      const properties = event.properties ?? {}
      const id = properties.info?.id ?? properties.sessionID
      if (properties.info?.parentID) children.add(properties.info.id)
      if (!isNews(event.type, id, properties) || waiting >= MAX_WAITING) return
      const told = { type: event.type, properties, child: children.has(id) }
      waiting += 1
      last = last.then(() => tell(told)).catch(() => {}).finally(() => (waiting -= 1))
    },
  }
}
