import Foundation
import Models
import Tensors

/// |∂ target / ∂ input| (Simonyan, Vedaldi and Zisserman 2014), the report's method.
///
/// On the waveform and the spectrogram per dB of each element's level, |x · ∂ target / ∂ x| · ln 10 / 20, so that all
/// inputs have one unit. The plain derivative (`--per amplitude`) is largest in pauses: dB are a logarithm, whose slope
/// rises as 1/amplitude.
public struct Saliency: GradientMethod {
  public static let description = MethodDescription(
    "saliency", .gradient, source: "Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034",
    summary: "the size of the gradient per dB: where a small change would change the score most",
    cost: "1 gradient", isSigned: false, quantity: .levelSlope, defaults: [.per: Unit.dB.rawValue])

  /// The unit of a change of the waveform or of a magnitude.
  private enum Unit: String, CaseIterable { case dB, amplitude }

  private let unit: Unit

  public init(_ options: MethodOptions) throws(MethodError) {
    guard let unit = Unit(rawValue: options[.per] ?? Unit.dB.rawValue) else {
      throw .value(option: "per", reason: "there is no unit \"\(options[.per]!)\"; there is dB, amplitude")
    }
    self.unit = unit
  }

  public init() { unit = .dB }

  public var quantity: Quantity { unit == .dB ? .levelSlope : .slope }
  public var parameters: [String: String] { unit == .dB ? [:] : ["per": unit.rawValue] }

  func attribution(of inputs: Tensor, slope: Tensor, at space: InputSpace) -> Tensor {
    guard unit == .dB, [.waveform, .spectrogram].contains(space) else { return slope.absolute() }
    return slope.absolute() * inputs.absolute() * Float(log(10.0) / 20)
  }
}
