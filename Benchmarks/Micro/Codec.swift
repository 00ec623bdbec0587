import Foundation
import SocketIO

/// Prints a line of JSON for each way of coding one message of 100 bytes: operations a second on one thread.
func codec() throws {
  let value = Message.value
  let packet = Packet(id: 7, content: .event(["echo", value]))
  let text = try value.jsonString()
  let data = Data(text.utf8)
  let message = Message()
  let object = try JSONSerialization.jsonObject(with: data)
  let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
  let (json, messagePack) = (JSONParser(), MessagePackParser())
  let (jsonMessages, packMessages) = (try json.encode(packet), try messagePack.encode(packet))
  var (jsonDecoder, packDecoder) = (json.makeDecoder(), messagePack.makeDecoder())

  try report("read JSON", "SocketIO") { try SocketValue(json: text) }
  try report("read JSON", "JSONSerialization") { try JSONSerialization.jsonObject(with: data) }
  try report("write JSON", "SocketIO") { try value.jsonString() }
  try report("write JSON", "JSONSerialization") { try JSONSerialization.data(withJSONObject: object) }
  try report("read a struct", "SocketIO") { try SocketValue(json: text).decode(as: Message.self) }
  try report("read a struct", "JSONDecoder") { try decoder.decode(Message.self, from: data) }
  try report("write a struct", "SocketIO") { try SocketValue(encoding: message).jsonString() }
  try report("write a struct", "JSONEncoder") { try encoder.encode(message) }
  try report("encode an event", "JSONParser") { try json.encode(packet) }
  try report("encode an event", "MessagePackParser") { try messagePack.encode(packet) }
  try report("decode an event", "JSONParser") { try jsonDecoder.decode(jsonMessages[0]) }
  try report("decode an event", "MessagePackParser") { try packDecoder.decode(packMessages[0]) }
}

private func report<Result>(_ operation: String, _ by: String, _ body: () throws -> Result) throws {
  var best = Double.infinity
  for _ in 0..<5 {
    let count = 20_000
    let start = DispatchTime.now().uptimeNanoseconds
    for _ in 0..<count { try keep(body()) }
    best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) / Double(count))
  }
  let line: SocketValue = [
    "operation": .string(operation), "by": .string(by), "per_s": .int(Int(1e9 / best)),
    "ns_each": .int(Int(best)),
  ]
  print(try line.jsonString())
}

/// A result that nobody looks at might not be made at all.
@inline(never)
private func keep<Result>(_ result: Result) {}
