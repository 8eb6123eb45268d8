import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of an XML, with their attributes and text.
public final class ReadXML: NSObject, XMLParserDelegate {
  public private(set) var elements: [(name: String, attributes: [String: String], text: String)] = []
  public private(set) var isWhole = false
  private var open: [Int] = []

  public init(_ xml: String) {
    super.init()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = self
    isWhole = parser.parse()
  }

  public func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    open.append(elements.count)
    elements.append((name, attributes, ""))
  }

  public func parser(_ parser: XMLParser, foundCharacters text: String) {
    if let last = open.last { elements[last].text += text }
  }

  public func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  public func all(_ name: String) -> [(attributes: [String: String], text: String)] {
    elements.filter { $0.name == name }.map { ($0.attributes, $0.text) }
  }
}
