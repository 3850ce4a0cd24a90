<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="0">
<renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0">
<symbols>
<symbol name="0" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleFill" enabled="1" locked="0" pass="0">
<Option type="Map">
<Option name="color" value="0,0,0,0" type="QString"/>
<Option name="outline_color" value="@district_line" type="QString"/>
<Option name="outline_style" value="dash dot" type="QString"/>
<Option name="outline_width" value="0.3" type="QString"/>
<Option name="outline_width_unit" value="MM" type="QString"/>
<Option name="style" value="no" type="QString"/>
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
</qgis>
