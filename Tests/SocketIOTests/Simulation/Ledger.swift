@testable import SocketIO

/// Events of one kind in one namespace, numbered as the client emits them.
struct Stream: Hashable, Sendable, CustomStringConvertible {
  let namespace: String
  let name: String

  var description: String { "\(namespace) \(name)" }
}

/// The event and stream of an acknowledgement, and its receiver.
struct AckNote: Sendable, CustomStringConvertible {
  let stream: Stream
  let number: Int
  let id: Int
  let sid: String
  let engine: Int

  var description: String { "\(stream) \(number)" }
}

/// An event that reached the server.
struct Arrival: Sendable {
  let note: AckNote
  let session: String
}

/// Records emitted events, arrivals and the outcomes of acknowledgements, and checks them.
struct Ledger: Sendable {
  enum Outcome: Sendable, Equatable {
    case pending
    case acknowledged
    case failed(SocketIOError.Code)
  }

  struct Emission: Sendable {
    let isVolatile: Bool
    let wantsAck: Bool
    var outcome = Outcome.pending
    /// The user released the Socket, or stopped waiting.
    var isGivenUp = false
    var hasArrived = false
  }

  private let retries: [String: Int]
  /// The first failure; later ones may only be consequences.
  private(set) var violation: String?
  private(set) var emissions: [Stream: [Emission]] = [:]
  private var arrivals: [Stream: [Arrival]] = [:]
  private var lastNews: [String: (number: Int, sid: String, index: Int)] = [:]
  private var hasLeft: Set<String> = []
  /// For each call of `open`, whether its outcome was reported.
  private var opens: [Bool] = []
  private var isConnected: [String: Bool] = [:]
  private var refusedNamespaces: Set<String> = []

  init(_ namespaces: [Scenario.Namespace]) {
    retries = Dictionary(uniqueKeysWithValues: namespaces.map { ($0.name, $0.retries) })
  }

  mutating func violation(_ text: String) { violation = violation ?? text }

  // MARK: Opening

  /// - Returns: The number of a call of `open` with a pending callback.
  mutating func openBegan() -> Int {
    opens.append(false)
    return opens.count - 1
  }

  mutating func openEnded(_ number: Int) {
    if opens[number] { violation("a second outcome of open()") }
    opens[number] = true
  }

  // MARK: Client to server

  /// - Returns: The event's number.
  mutating func emitted(_ stream: Stream, isVolatile: Bool, wantsAck: Bool) -> Int {
    emissions[stream, default: []].append(Emission(isVolatile: isVolatile, wantsAck: wantsAck))
    return emissions[stream, default: []].count - 1
  }

  mutating func givenUp(_ stream: Stream, _ number: Int) { emissions[stream]?[number].isGivenUp = true }

  /// The user releases the Socket of a namespace: waiting events are given up.
  mutating func givenUp(_ namespace: String) {
    for (stream, list) in emissions where stream.namespace == namespace {
      for number in list.indices where list[number].outcome == .pending { givenUp(stream, number) }
    }
  }

  mutating func ended(_ stream: Stream, _ number: Int, _ result: Result<SocketAnswer, SocketIOError>) {
    guard let emission = emissions[stream]?[number], emission.outcome == .pending else {
      return violation("\(stream) \(number): a second end, \(result)")
    }
    switch result {
    case .success(let answer):
      emissions[stream]?[number].outcome = .acknowledged
      if answer.args != [.int(number)] { violation("\(stream) \(number): the answer \(answer) of another") }
      if !emission.hasArrived { violation("\(stream) \(number): acknowledged before it arrived") }
    case .failure(let error): emissions[stream]?[number].outcome = .failed(error.code)
    }
  }

  mutating func arrived(_ arrival: Arrival) {
    let (stream, number) = (arrival.note.stream, arrival.note.number)
    guard emissions[stream]?.indices.contains(number) == true else {
      return violation("\(stream) \(number): never emitted")
    }
    emissions[stream]?[number].hasArrived = true
    arrivals[stream, default: []].append(arrival)
  }

  func isPending(_ note: AckNote) -> Bool { emissions[note.stream]?[note.number].outcome == .pending }

  // MARK: Server to client

  mutating func received(_ event: SocketEvent, in namespace: String) {
    guard event.args.count >= 3, let number = event.args[0].intValue, let sid = event.args[1].stringValue,
      let index = event.args[2].intValue
    else { return violation("\(namespace): \(event)") }
    if event.args.count > 3, let data = event.args[3].dataValue, data.first != UInt8(truncatingIfNeeded: number) {
      violation("\(namespace): an attachment of another event, \(event)")
    }
    if let last = lastNews[namespace] {
      if number <= last.number { violation("\(namespace): news \(number) after \(last.number)") }
    }
    if hasLeft.remove(namespace) == nil {
      let expected = lastNews[namespace]?.sid == sid ? (lastNews[namespace]?.index ?? 0) + 1 : 1
      if index != expected { violation("\(namespace): news \(index) of \(sid) instead of \(expected)") }
    }
    lastNews[namespace] = (number, sid, index)
  }

  /// The user left the namespace, so news sent before the server learned of it are missed.
  mutating func left(_ namespace: String) { hasLeft.insert(namespace) }

  mutating func connected(_ namespace: String) {
    if isConnected.updateValue(true, forKey: namespace) == true { violation("\(namespace): connect while connected") }
  }

  mutating func disconnected(_ namespace: String) {
    if isConnected.updateValue(false, forKey: namespace) != true {
      violation("\(namespace): disconnect without connect")
    }
  }

  mutating func notJoined(_ namespace: String, _ error: SocketIOError) {
    if error.code == .refused { refusedNamespaces.insert(namespace) }
    if isConnected[namespace] == true { violation("\(namespace): connect_error while connected") }
  }

  // MARK: The verdict

  /// Whether the retry queues have delivered everything.
  var isDelivered: Bool {
    emissions.allSatisfy { stream, list in
      stream.name != "retried" || list.allSatisfy { $0.wantsAck ? $0.outcome != .pending : !isLost($0, stream) }
    }
  }

  /// Not delivered, although it was to be retried without limit.
  private func isLost(_ emission: Emission, _ stream: Stream) -> Bool {
    retries[stream.namespace] == .max && !emission.hasArrived && !emission.isGivenUp
      && emission.outcome != .failed(.refused)
  }

  /// Checks everything, when nothing can happen any more.
  mutating func close(isCalm: Bool) {
    if opens.contains(false) { violation("open() without an outcome") }
    for stream in emissions.keys.sorted(by: { $0.description < $1.description }) {
      let list = emissions[stream] ?? []
      for (number, emission) in list.enumerated() where emission.wantsAck && emission.outcome == .pending {
        violation("\(stream) \(number): an acknowledgement without an end")
      }
      if !refusedNamespaces.contains(stream.namespace),
        let number = list.firstIndex(where: { $0.outcome == .failed(.refused) })
      {
        violation("\(stream) \(number): refused where nobody refused the namespace")
      }
      if stream.name == "retried" { judgeRetried(stream, list) } else { judgeOrder(stream, list) }
      if isCalm { judgeCalm(stream, list) }
    }
  }

  /// Each engine delivers later events than the engine before, in order, without gaps.
  private mutating func judgeOrder(_ stream: Stream, _ list: [Emission]) {
    let arrived = (arrivals[stream] ?? []).enumerated().sorted {
      ($0.element.note.engine, $0.offset) < ($1.element.note.engine, $1.offset)
    }
    .map(\.element)
    for (before, after) in zip(arrived, arrived.dropFirst()) {
      let (first, second) = (before.note.number, after.note.number)
      if second <= first { violation("\(stream): \(second) after \(first)") }
      guard before.session == after.session, second > first + 1 else { continue }
      for number in (first + 1)..<second where !mayBeMissing(list[number]) {
        violation("\(stream) \(number): missing between \(first) and \(second)")
      }
    }
  }

  /// Never sent: a volatile event, or one that was removed from the buffer.
  private func mayBeMissing(_ emission: Emission) -> Bool {
    switch emission.outcome {
    case .failed(.timeout), .failed(.cancelled), .failed(.refused): true
    default: emission.isVolatile || emission.isGivenUp
    }
  }

  private mutating func judgeRetried(_ stream: Stream, _ list: [Emission]) {
    var latest = -1
    for arrival in arrivals[stream] ?? [] where arrival.note.number > latest {
      for missed in (latest + 1)..<arrival.note.number where list[missed].outcome == .acknowledged {
        violation("\(stream) \(arrival.note.number): before \(missed)")
      }
      latest = arrival.note.number
    }
    for (number, emission) in list.enumerated() {
      if isLost(emission, stream) { violation("\(stream) \(number): lost in spite of its retries") }
      if case .failed(let code) = emission.outcome, code != .refused, retries[stream.namespace] == .max,
        !emission.isGivenUp
      {
        violation("\(stream) \(number): given up in spite of its retries, \(code)")
      }
    }
  }

  private mutating func judgeCalm(_ stream: Stream, _ list: [Emission]) {
    for (number, emission) in list.enumerated() where !emission.isVolatile && !emission.isGivenUp {
      if !emission.hasArrived, !mayBeMissing(emission) {
        violation("\(stream) \(number): lost in the best of conditions")
      }
    }
  }
}
