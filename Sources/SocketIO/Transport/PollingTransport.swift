import CSIO

/// HTTP long-polling over the C core.
final class PollingTransport: PollingDriver {
  var onEvent: ((consuming TransportEvent) -> Void)?
  var onText: ((UnsafeRawBufferPointer) -> Void)?
  var sid: String?
  var machine = PollingStateMachine()
  /// The body of the POST under way.
  private(set) var queuedBytes = 0

  /// The number of packets decoded at a time. A decoded packet takes many times its bytes in the body, of which there
  /// may be two.
  private static let portion = 256

  private let loop: SocketEventLoop
  private let endpoint: EngineEndpoint
  private var getRequest: HTTPRequest?
  private var postRequest: HTTPRequest?
  /// When the GET under way was sent, on the loop's clock.
  private var askedAt: UInt64 = 0
  /// Delays the next GET.
  private var pause: (any LoopTimer)?
  /// Reports that a request could not be sent.
  private var failure: (any LoopTimer)?

  init(loop: SocketEventLoop, endpoint: EngineEndpoint, sid: String?) {
    self.loop = loop
    self.endpoint = endpoint
    self.sid = sid
  }

  deinit { cancelRequests() }

  func cancelRequests() {
    getRequest?.cancel()
    postRequest?.cancel()
    getRequest = nil
    postRequest = nil
    failure?.close()
    failure = nil
    pause?.close()
    pause = nil
  }

  /// Reports a failure after the current call, since callers do not expect a report inside it.
  private func failSoon(_ event: PollingStateMachine.Event) {
    let failure = loop.makeTimer { [weak self] in self?.handle(event) }
    self.failure = failure
    failure.start(milliseconds: 0)
  }

  func wait(milliseconds: UInt64) {
    let pause = self.pause ?? loop.makeTimer { [weak self] in self?.handle(.waited) }
    self.pause = pause
    pause.start(milliseconds: milliseconds)
  }

  func poll() {
    askedAt = loop.now
    do {
      getRequest = try request("GET", body: nil) { [weak self] result in
        guard let self else { return }
        getRequest = nil
        switch answer(result, "xhr poll error") {
        case .success(let body) where sid == nil && EnginePayload.isVersion3(body):
          handle(.pollFailed(.incompatible("in Engine.IO 3")))
        case .success(let body): polled(body)
        case .failure(let error): handle(.pollFailed(error))
        }
      }
    } catch {
      failSoon(.pollFailed(error))
    }
  }

  private func polled(_ body: UnsafeRawBufferPointer) {
    let took = loop.now - askedAt
    var part = EnginePayload.decode(body, maxPackets: Self.portion)
    while let rest = part.rest, !machine.isClosed {
      handle(.received(part.packets))
      part = EnginePayload.decode(rest, maxPackets: Self.portion)
    }
    handle(.polled(part.packets, isWhole: part.isWhole, took: took))
  }

  func post(_ packets: [EnginePacket]) {
    do {
      let body = EnginePayload.encode(packets)
      queuedBytes = body.count
      postRequest = try request("POST", body: body) { [weak self] result in
        guard let self else { return }
        postRequest = nil
        queuedBytes = 0
        switch answer(result, "xhr post error") {
        case .success: handle(.posted)
        case .failure(let error): handle(.postFailed(error))
        }
      }
    } catch {
      failSoon(.postFailed(error))
    }
  }

  private func request(
    _ method: String, body: [UInt8]?, onDone: @escaping (Result<HTTPRequest.Response, SocketIOError>) -> Void
  ) throws(SocketIOError) -> HTTPRequest {
    var headers = [("Accept", "*/*")]
    if body != nil { headers.append(("Content-type", "text/plain;charset=UTF-8")) }
    for (name, value) in endpoint.headers() {
      headers.removeAll { $0.0.lowercased() == name.lowercased() }
      headers.append((name, value))
    }
    return try HTTPRequest(
      loop: loop, method: method, url: endpoint.url(.polling, sid: sid), headers: headers, body: body,
      endpoint: endpoint,
      onDone: onDone)
  }

  /// What the server answered instead of packets.
  private func describe(_ response: HTTPRequest.Response) -> String {
    // Without TLS a proxy may answer for the server.
    let proxy = endpoint.isSecure ? nil : endpoint.proxy?.httpName
    return "the server\(proxy.map { ", or the proxy \($0)," } ?? "") answered with HTTP status \(response.status)"
      + ServerText.addition(status: response.status, location: response.location, body: response.body)
  }

  /// The body of a response with status 200. Everything else is an error (Engine.IO protocol 4, "HTTP long-polling").
  private func answer(
    _ result: Result<HTTPRequest.Response, SocketIOError>, _ summary: String
  ) -> Result<UnsafeRawBufferPointer, SocketIOError> {
    switch result {
    case .success(let response) where response.status == 200: return .success(response.body)
    case .success(let response):
      return .failure(
        SocketIOError(.httpStatus, "\(summary): \(describe(response))", httpStatus: response.status))
    case .failure(var error):
      error.message = "\(summary): \(error.message)"
      return .failure(error)
    }
  }
}
