/// Something of a page, or why it could not be made: of a part of a page that matters only where the page has room for it.
enum PagePart<Content: Codable & Sendable>: Codable, Sendable {
  case made(Content)
  case failed(ToldError)

  /// - Parameter told: How an error is told, which is kept; nil where it is thrown at once.
  init(_ told: ((any Error) -> ToldError)?, _ make: () throws -> Content) throws {
    do {
      self = .made(try make())
    } catch {
      guard let told else { throw error }
      self = .failed(told(error))
    }
  }

  /// Throws the error that was kept.
  var content: Content {
    get throws(ToldError) {
      switch self {
      case .made(let content): content
      case .failed(let error): throw error
      }
    }
  }
}
