import AllocationCounter
import Foundation
import SocketIO

/// Prints a line of JSON for each way of coding a message of 100 bytes, and larger structs: operations per second on
/// one thread, and allocations per operation.
func codec() throws {
  let value = Message.value
  let packet = SocketPacket(id: 7, content: .event(name: "echo", arguments: [value]))
  let text = try value.jsonString()
  let data = Data(text.utf8)
  let message = Message()
  let object = try JSONSerialization.jsonObject(with: data)
  let (json, messagePack) = (JSONParser(), MessagePackParser())
  let (jsonMessages, packMessages) = (try json.encode(packet), try messagePack.encode(packet))
  var (jsonDecoder, packDecoder) = (json.makeDecoder(), messagePack.makeDecoder())

  try report("read JSON", "SocketIO") { try SocketValue(json: text) }
  try report("read JSON", "JSONSerialization") { try JSONSerialization.jsonObject(with: data) }
  try report("write JSON", "SocketIO") { try value.jsonString() }
  try report("write JSON", "JSONSerialization") { try JSONSerialization.data(withJSONObject: object) }
  try report("a struct", message)
  try report("nested structs", Order(), count: 5_000)
  try report("1,000 structs", Array(repeating: message, count: 1_000), count: 20)
  try report("encode an event", "JSONParser") { try json.encode(packet) }
  try report("encode an event", "MessagePackParser") { try messagePack.encode(packet) }
  try report("decode an event", "JSONParser") { try jsonDecoder.decode(jsonMessages[0]) }
  try report("decode an event", "MessagePackParser") { try packDecoder.decode(packMessages[0]) }
}

/// Nested objects and arrays with common values.
private struct Order: Codable {
  struct Place: Codable { var street = "High Street 12", city = "Springfield", latitude = 12.5, longitude = -7.25 }
  struct Line: Codable { var article = "a string of some length", count = 3, price = 19.99, discount: Int? = nil }
  enum State: String, Codable { case open, closed }

  var id = 123_456_789
  var state = State.open
  var place = Place()
  var lines = [Line(), Line(discount: 5), Line()]
  var totals = ["net": 60, "gross": 71]
  var isPaid = true
  var note: String? = "leave it at the door"
}

private func report<Value: Codable>(_ name: String, _ value: Value, count: Int = 20_000) throws {
  let text = try SocketValue(encoding: value).jsonString()
  let data = Data(text.utf8)
  let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
  try report("write \(name)", "SocketIO", count) { try JSONCoding.encodedSize(value) }
  try report("write \(name)", "SocketIO tree", count) { try JSONCoding.encodedSizeByTree(value) }
  try report("write \(name)", "JSONEncoder", count) { try encoder.encode(value) }
  try report("read \(name)", "SocketIO", count) { try JSONCoding.decode(Value.self, from: text) }
  try report("read \(name)", "SocketIO tree", count) { try SocketValue(json: text).decode(as: Value.self) }
  try report("read \(name)", "JSONDecoder", count) { try decoder.decode(Value.self, from: data) }
}

private func report<Result>(
  _ operation: String, _ by: String, _ count: Int = 20_000, _ body: () throws -> Result
) throws {
  var best = Double.infinity
  var leastAllocations = UInt64.max
  for _ in 0..<5 {
    let allocations = allocation_count()
    let start = DispatchTime.now().uptimeNanoseconds
    for _ in 0..<count { try keep(body()) }
    best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) / Double(count))
    leastAllocations = min(leastAllocations, allocation_count() - allocations)
  }
  let allocations = Double(leastAllocations) / Double(count)
  let line: SocketValue = [
    "operation": .string(operation), "by": .string(by), "per_s": .int(Int(1e9 / best)),
    "ns_each": .int(Int(best)),
    "allocations": allocation_count_works() ? .double((allocations * 10).rounded() / 10) : .null,
  ]
  print(try line.jsonString())
}
